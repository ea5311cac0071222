#!/bin/bash
# topics.sh NAME:PARTITIONS:SETTING=VALUE,… …   creates the topics that are missing; what is there stays as it is.
set -euo pipefail
# Each command is a Java that lives for a second.
export KAFKA_HEAP_OPTS=-Xmx64m KAFKA_JVM_PERFORMANCE_OPTS='-XX:+UseSerialGC -XX:TieredStopAtLevel=1'
topics() { /opt/kafka/bin/kafka-topics.sh --bootstrap-server kafka:9092 "$@"; }

there=$(topics --list)
creating=()
for topic; do
  IFS=: read -r name partitions settings <<<"$topic"
  grep -qxF "$name" <<<"$there" && continue
  IFS=, read -ra each <<<"$settings"
  topics --create --if-not-exists --topic "$name" --partitions "$partitions" --replication-factor 1 "${each[@]/#/--config=}" &
  creating+=($!)
done
for one in "${creating[@]}"; do wait "$one"; done
