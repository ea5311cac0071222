#!/bin/sh
# Keeps a node of a Redis Cluster where it belongs, beside it for as long as it runs: it meets the others by name, since their addresses change; takes
# the slots of its shard if nobody has them, or else follows who has; and forgets what a pod of the same name was before. Nothing in Redis has to
# outlive it, so a node comes back empty, and a shard that is gone begins anew.
#
# SELF       host:port of this node, as it announces itself
# SHARD      host:port of every node of its shard
# PEERS      host:port of every node
# SLOTS      first and last slot of the shard
# and what password.sh asks for.
set -u
. "${0%/*}/password.sh"

# What `cluster nodes` says, as lines of: id name flags primary link slots; the name is host:port, and slots is `-` without any.
nodes() {
  redis cluster nodes | awk '{
    split($2, address, "@"); port = address[1]; sub(/.*:/, "", port)
    host = address[2]; sub(/^[^,]*,?/, "", host); sub(/,.*/, "", host)
    slots = "-"; for (i = 9; i <= NF; i++) if ($i !~ /^\[/) slots = $i
    print $1, host ":" port, $3, $4, $8, slots
  }'
}

lost='(^|,)(fail|noaddr|handshake)(,|$)'
# all CONDITION [VARIABLE=VALUE ...]: the ids of the nodes for which it holds.
all() {
  condition=$1
  shift
  set -- $(printf -- '-v %s ' "$@")
  printf '%s\n' "$seen" | awk -v lost="$lost" "$@" "{ id = \$1; name = \$2; flags = \$3; primary = \$4; link = \$5; slots = \$6 } $condition { print id }"
}
here='flags !~ lost && (link == "connected" || flags ~ /myself/)'

# A pod that came again is another node, and what it was before is of no use: it has lost its address, or a node that is here has its name, or it has
# none, since a node that is slow to forget told of it again, and names are not passed on.
forget() {
  for id in $(all "(flags ~ /noaddr/ || (flags ~ /fail/ && flags !~ /fail[?]/ && name ~ /^:/)) && $1" any=1); do redis cluster forget "$id" >/dev/null; done
  for peer in $PEERS; do
    [ -n "$(all "name == wanted && $here" "wanted=$peer")" ] || continue
    for id in $(all "flags ~ /fail/ && name == wanted && $1" "wanted=$peer"); do redis cluster forget "$id" >/dev/null; done
  done
}

settle() {
  seen=$(nodes)
  [ -n "$seen" ] || return 1
  missing=0
  for peer in $PEERS; do
    [ -z "$(all "name == wanted && $here" "wanted=$peer")" ] || continue
    missing=1
    ip=$(getent hosts "${peer%:*}" | awk 'NR == 1 { print $1 }')
    [ -z "$ip" ] || redis cluster meet "$ip" "${peer##*:}" >/dev/null
  done
  # Nobody will find it dead: it has come back as another node, at the same address.
  primary=$(printf '%s\n' "$seen" | awk '$3 ~ /myself/ && $3 ~ /slave/ { print $4 }')
  [ -z "$primary" ] || [ -z "$(all 'id == wanted && flags ~ /noaddr/' "wanted=$primary")" ] || redis cluster failover takeover >/dev/null
  forget 'slots == "-"'
  [ -n "$(all 'flags ~ /myself/ && flags ~ /master/ && slots == "-"' any=1)" ] || return "$missing"

  owner='' follower='' first=''
  for peer in $SHARD; do
    owner=${owner:-$(all "name == wanted && slots != \"-\" && $here" "wanted=$peer")}
    follower=${follower:-$(all "name == wanted && flags ~ /slave/ && $here" "wanted=$peer")}
    [ -z "$(all "name == wanted && $here" "wanted=$peer")" ] || first=${first:-$peer}
  done
  if [ -n "$owner" ]; then
    redis cluster replicate "$owner" >/dev/null
  elif [ -z "$follower" ] && [ "$first" = "$SELF" ] && [ "$missing" = 0 ]; then
    # Nobody is left who had them, or ever had. (A follower takes over by itself.)
    forget 'slots != "-"'
    redis cluster addslotsrange $SLOTS >/dev/null && redis cluster bumpepoch >/dev/null
  fi
  return 1
}

while true; do
  follow_password
  if settle; then sleep 5; else sleep 1; fi
done
