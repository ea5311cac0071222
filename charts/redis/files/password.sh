# Sourced by what keeps Redis' password. It is in files that change while Redis runs: the password, and while it is being changed another one beside
# it that is good too.
#
# SECRETS    the folder with password and password.other
# SELF       host:port of this node; without it the port is 6379

SECRETS=${SECRETS:-/secrets}
port=${SELF:+${SELF##*:}}

redis() { timeout 3 redis-cli -h 127.0.0.1 -p "${port:-6379}" "$@"; }

read_passwords() {
  current=$(cat "$SECRETS/password")
  other=$(cat "$SECRETS/password.other" 2>/dev/null || true)
}

# As Redis' rules for a user: what is good, by its hash, so that no password is an argument or in a configuration.
rules() {
  for password in "$current" "$other"; do
    [ -z "$password" ] || printf '#%s ' "$(printf %s "$password" | sha256sum | cut -d ' ' -f 1)"
  done
}

# Lets Redis take what is in the files by now, and sign in with it elsewhere. Then REDISCLI_AUTH is the password.
applied=''
follow_password() {
  [ -f "$SECRETS/password" ] || return 0
  read_passwords
  [ "$current $other" != "$applied" ] || return 0
  for REDISCLI_AUTH in "$current" "$other"; do
    export REDISCLI_AUTH
    redis ping 2>/dev/null | grep -q PONG && break
  done
  redis acl setuser default resetpass $(rules) >/dev/null || return 0
  REDISCLI_AUTH=$current
  printf %s "$current" | redis -x config set masterauth | grep -q OK && applied="$current $other"
}
