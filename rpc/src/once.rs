//! Answers that many ask for and one finds out.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::OnceCell;

/// An answer a key: who asks first finds it out, whoever asks meanwhile waits for that, and later ones are told.
pub(crate) struct Once<Key, Answer>(Mutex<HashMap<Key, Arc<OnceCell<Arc<Answer>>>>>);

impl<Key, Answer> Default for Once<Key, Answer> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Key: Eq + Hash + Clone, Answer> Once<Key, Answer> {
    /// The answer for `key`, by `ask` unless it is known. An error is not kept.
    pub(crate) async fn get<Error>(
        &self,
        key: &Key,
        ask: impl Future<Output = Result<Answer, Error>>,
    ) -> Result<Arc<Answer>, Error> {
        let cell = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_default().clone();
        cell.get_or_try_init(|| async { ask.await.map(Arc::new) }).await.cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use std::cell::Cell;

    #[tokio::test]
    async fn many_askers_cost_one_question_a_key() {
        let (once, asked) = (Once::<u8, u8>::default(), Cell::new(0));
        let ask = |key: u8| {
            let (once, asked) = (&once, &asked);
            async move {
                let answer = async {
                    asked.set(asked.get() + 1);
                    tokio::task::yield_now().await;
                    Ok::<_, ()>(2 * key)
                };
                once.get(&key, answer).await.map(|answer| *answer)
            }
        };
        let answers = join_all((0..100).map(|n| ask(n % 2))).await;
        assert_eq!(answers, (0..100).map(|n| Ok(2 * (n % 2))).collect::<Vec<_>>());
        assert_eq!(asked.get(), 2);
    }

    #[tokio::test]
    async fn failure_is_not_kept() {
        let once = Once::<u8, u8>::default();
        assert_eq!(once.get(&1, async { Err("away") }).await, Err("away"));
        assert_eq!(once.get(&1, async { Ok::<_, &str>(7) }).await, Ok(Arc::new(7)));
    }
}
