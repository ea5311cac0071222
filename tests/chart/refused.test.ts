import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { chartSchemaFile, currentSchema } from '../../scripts/lib/chart-schema.ts';
import { refusal, type Overlay } from './chart.ts';

/** Wrong values, and what the refusal has to name. */
const wrong: [overlay: Overlay, set: string[], named: (string | RegExp)[]][] = [
  // Typos, at every level.
  ['local', ['gobal.domain=x'], ['gobal']],
  ['local', ['namespaces.crate=true'], ['/namespaces', 'crate']],
  ['local', ['operators.strimzy=true'], ['/operators', 'strimzy']],
  ['local', ['secrets.creat=true'], ['/secrets', 'creat']],
  ['local', ['ingress.enable=true'], ['/ingress', 'enable']],
  ['local', ['kafka.node.replicas=1'], ['kafka', "'node'"]],
  ['local', ['kafka.topics.player-actions.partition=3'], ['/topics/player-actions', 'partition']],
  ['local', ['kafka.users.game.read=["match-events"]'], ['/users/game', 'read']],
  ['local', ['kafka.quotas.producerRate=1Mi'], ['kafka', '/quotas', 'producerRate']],
  ['local', ['kafka.tls=on'], ['kafka', '/tls']],
  ['local', ['kafka.metrics.enable=true'], ['/metrics', 'enable']],
  ['local', ['databases.wallet.instnces=3'], ['/wallet', 'instnces']],
  ['local', ['redis.maxMemry=1Gi'], ['redis', 'maxMemry']],
  ['local', ['game.replcas=2'], ['game', 'replcas']],
  ['local', ['gateway.image.tagg=1'], ['gateway', '/image', 'tagg']],
  ['local', ['game.rules={"lobySeconds":3}'], ['/game/rules', 'lobySeconds']],
  // Types and bounds.
  ['local', ['kafka.topics.player-actions.partitions=many'], ['/topics/player-actions/partitions', 'integer']],
  ['local', ['kafka.topics.player-actions.retention=7 days'], ['/topics/player-actions/retention', '7 days']],
  ['local', ['databases.game.storage=5GB'], ['/game/storage', '5GB']],
  ['local', ['databases.game.tls=yes'], ['/game/tls']],
  ['local', ['web.replicas=two'], ['web', '/replicas']],
  ['local', ['game.logLevel=loud'], ['game', '/logLevel']],
  ['local', ['web.service.type=Nodeport'], ['web', '/service/type']],
  ['local', ['combat.autoscaling.min=2'], ['combat', '/autoscaling', 'max']],
  ['local', ['combat.autoscaling={"min":2,"max":8,"lags":5}'], ['combat', '/autoscaling', 'lags']],
  ['local', ['autoscaling.kda=false'], ['/autoscaling', 'kda']],
  ['local', ['monitoring.prometheus.external.adress=http://p'], ['monitoring', '/prometheus/external', 'adress']],
  [
    'local',
    ['monitoring.prometheus.external.address=p:9090'],
    ['monitoring', '/prometheus/external/address', 'p:9090'],
  ],
  ['local', ['global.namespaces.kafka=My Kafka'], ['/global/namespaces/kafka', 'My Kafka']],
  ['local', ['global.keepData=maybe'], ['/global/keepData']],
  ['local', ['game.rules.matchSeconds=1'], ['/game/rules/matchSeconds']],
  ['local', ['gateway.trustedProxies=-1'], ['/gateway/trustedProxies']],
  ['local', ['web.rules.hp=1'], ['/web/rules']],
  ['local', ['gateway.players=1'], ['/gateway/players']],
  ['local', ['wallet.operator.username=me'], ['/wallet/operator']],
  ['local', ['bots.demoPlayers=-1'], ['/bots/demoPlayers']],
  ['local', ['dlq.operator.pasword=x'], ['/dlq/operator', 'pasword']],
  ['local', ['economy.feePercent=101'], ['/economy/feePercent']],
  ['local', ['economy.rewards.winner.stamp=1'], ['/economy/rewards/winner', 'stamp']],
  ['local', ['economy.house={"iron_swrd":{"listings":1,"price":1}}'], ["'iron_swrd'"]],
  ['local', ['economy.house.iron_sword.price=0'], ['/economy/house/iron_sword/price']],
  ['local', ['game.extraEnv={"A B":"x"}'], ["invalid propertyName 'A B'"]],
  // Contradictions.
  ['local', ['kafka.replication.factor=3'], ['kafka.replication.factor is 3', 'kafka.nodes.replicas']],
  ['cloud', ['kafka.replication.minInSync=4'], ['kafka.replication.minInSync (4)']],
  ['cloud', ['kafka.controllers.replicas=2'], ['kafka.controllers.replicas is 2', 'odd']],
  ['local', ['kafka.cruiseControl.enabled=true'], ['kafka.cruiseControl.enabled', 'kafka.nodes.replicas']],
  ['local', ['kafka.nodes.storage=1Gi'], ['kafka.nodes.storage (1Gi)', 'retentionBytes']],
  ['local', ['kafka.users.game.writes=["player-action"]'], ['kafka.users.game', 'player-action']],
  ['local', ['kafka.topics={"match-events":null}'], ['match-events']],
  ['local', ['kafka.users={"combat":null}'], ['kafka.users.combat']],
  ['cloud', ['game.autoscaling.max=13'], ['game may have 13 replicas', 'match-events', 'game.autoscaling.max']],
  ['local', ['combat.replicas=13'], ['combat may have 13 replicas', 'player-actions']],
  ['cloud', ['web.autoscaling={"min":5,"max":2}'], ['web.autoscaling.min (5)']],
  ['cloud', ['marketplace.resources.requests={"cpu":null}'], ['marketplace.resources.requests.cpu']],
  ['cloud', ['web.autoscaling={"min":2,"max":4,"lag":5}'], ['web.autoscaling.lag']],
  ['cloud', ['combat.autoscaling={"min":2,"max":4,"requestsPerSecond":5}'], ['combat.autoscaling.requestsPerSecond']],
  [
    'cloud',
    ['operators.keda=false'],
    ['keda.sh/v1alpha1/ScaledObject', 'operators.keda=true', 'autoscaling.keda=false'],
  ],
  [
    'cloud',
    ['monitoring.prometheus.deploy=false'],
    ['gateway.autoscaling.requestsPerSecond', 'monitoring.prometheus.external.address'],
  ],
  [
    'cloud',
    ['monitoring.grafana.deploy=true', 'global.namespaces.monitoring=watch', 'prometheus.forceNamespace=watch'],
    ['grafana would not be in the namespace watch', 'grafana.namespaceOverride'],
  ],
  ['local', ['monitoring.jaeger.sampleRatio=10'], ['monitoring', '/jaeger/sampleRatio']],
  ['local', ['monitoring.grafanna.deploy=true'], ['monitoring', 'grafanna']],
  ['local', ['monitoring.prometheusOperator.enabled=maybe'], ['monitoring', '/prometheusOperator/enabled']],
  ['local', ['monitoring.prometheus.external.auth=bearer'], ['monitoring.prometheus.external', 'existingSecret']],
  ['local', ['databases.game.parameters.max_connections=50'], ['databases.game.parameters.max_connections']],
  ['cloud', ['leaderboard.autoscaling.max=5'], ['leaderboard may have 5 replicas', 'leaderboard-events']],
  ['local', ['dlq.replicas=4'], ['dlq may have 4 replicas', '.dlq']],
  ['local', ['kafka.users.dlq.reads=["match-events.dlqs"]'], ['kafka.users.dlq', 'match-events.dlqs']],
  ['local', ['economy.rewards.rarity.rare=20'], ['economy.rewards.rarity', '110']],
  ['local', ['gateway.databasePool=150'], ['databases.game', 'databasePool']],
  ['local', ['combat.database=wallet'], ['databases.wallet.roles.combat']],
  ['local', ['combat.database=scores'], ['combat.database is scores']],
  ['local', ['databases.wallet.deploy=false'], ['databases.wallet.external.host']],
  ['local', ['kafka.deploy=false'], ['kafka.external.bootstrapServers']],
  [
    'local',
    ['kafka.deploy=false', 'kafka.external={"bootstrapServers":"k:9092","manage":"job"}'],
    ['kafka.external.adminSecret'],
  ],
  [
    'local',
    ['databases.game.deploy=false', 'databases.game.external={"host":"g","manage":"job"}'],
    ['databases.game.external.adminSecret'],
  ],
  ['local', ['kafka.external.manage=yes'], ['/external/manage']],
  ['local', ['kafka.external.sasl.mechanism=scram'], ['/external/sasl/mechanism']],
  ['local', ['databases.wallet.external.caSecrets=x'], ['/wallet/external', 'caSecrets']],
  ['local', ['redis.deploy=false'], ['redis.external.nodes']],
  ['local', ['operators.strimzi=false'], ['kafka.strimzi.io/v1/Kafka', 'operators.strimzi=true']],
  ['local', ['operators.cloudnativePg=false'], ['postgresql.cnpg.io/v1/Cluster', 'operators.cloudnativePg=true']],
  [
    'local',
    ['gatewayApi.enabled=true', 'gatewayApi.className=x'],
    ['gateway.networking.k8s.io/v1/HTTPRoute', 'ingress.enabled=true'],
  ],
  [
    'local',
    ['gatewayApi.enabled=true', 'preflight.enabled=false'],
    ['gatewayApi.className', 'gatewayApi.existing.name'],
  ],
  [
    'local',
    ['gatewayApi={"enabled":true,"existing":{"name":"x"}}', 'global.tls.secretName=y', 'preflight.enabled=false'],
    ['gatewayApi.existing.name', 'global.tls.secretName'],
  ],
  ['local', ['gatewayApi.gke.enabled=true'], ['gatewayApi.gke.enabled', 'gatewayApi.enabled']],
  ['local', ['global.imageRegistry=r.example.com'], ['strimzi-kafka-operator.defaultImageRegistry']],
];

test.each(wrong)('%s with %j is refused by name', async (overlay, set, named) => {
  const message = await refusal(overlay, ...set);
  for (const each of named) expect(message).toMatch(each);
});

test('the schema of what services take of the values is their own (scripts/lib/chart-schema.ts writes it)', () => {
  expect(JSON.parse(readFileSync(chartSchemaFile, 'utf8'))).toEqual(currentSchema());
});
