# Sourced by scripts that install Debian packages: say, fail, install_packages.

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# Installs these packages; does nothing without any.
install_packages() {
    (($#)) || return 0
    local root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            fail "missing packages, and neither root nor sudo to install them. As root: apt-get install $*"
        root=(sudo)
    fi
    say "Installing $*"
    "${root[@]}" apt-get update --quiet
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends "$@"
}
