#!/bin/sh
# One Kafka broker on loopback for development and tests (KRaft, no ZooKeeper, no Docker).
#
#   deploy/local-kafka/start.sh [PORT] [DATA]     defaults: 9092, deploy/local-kafka/target/data
#
# Runs in the foreground until interrupted; the same DATA keeps its topics. Needs Java 17; the jars are
# fetched once with Maven into $DAYBOOK_KAFKA_JARS (default: target/jars beside this file).
# DAYBOOK_KAFKA_HEAP sets the heap (default 512m).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
port=${1:-9092}
data=${2:-$here/target/data}
jars=${DAYBOOK_KAFKA_JARS:-$here/target/jars}

if [ ! -e "$jars/.whole" ]; then
    command -v mvn >/dev/null || { echo "start.sh: Kafka's jars are not in $jars: install Maven" >&2; exit 2; }
    echo "fetching Kafka's jars into $jars" >&2
    mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -Djars="$jars" >&2
    touch "$jars/.whole"
fi

mkdir -p "$data/log"
# The controller listens on loopback too, 20000 ports away; only the broker itself talks to it.
controller=$(($port > 32767 ? $port - 20000 : $port + 20000))
cat >"$data/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$data/log
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=2000
log.cleaner.dedupe.buffer.size=16777216
END

run() {
    exec java -Xms128m -Xmx"${DAYBOOK_KAFKA_HEAP:-512m}" -XX:+UseG1GC \
        -Dlog4j2.configurationFile="$here/log4j2.properties" -cp "$jars/*" "$@"
}

if [ ! -e "$data/log/meta.properties" ]; then
    id=$(run kafka.tools.StorageTool random-uuid)
    (run kafka.tools.StorageTool format --cluster-id "$id" --config "$data/server.properties" --standalone) >&2
fi
run kafka.Kafka "$data/server.properties"
