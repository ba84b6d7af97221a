import { compose } from '#server/compose.ts';
import { loadConfig } from '#server/config/load.ts';
import { serveMeasured } from './told.ts';

/**
 * The whole product in one process. Three settings differ from the defaults: no hangover, which is time that speech is
 * waited for and no cost; and rates and sessions far above what one generator sends.
 */
const scheduler = await compose(
  loadConfig({
    sets: [
      'server.port=0',
      'log.level=warn',
      'limits.messages_per_s=100000',
      'limits.bytes_per_s=1000000000',
      'limits.node_bytes_per_s=1000000000',
      'limits.sessions=20000',
      'scheduler.web_task_segmentation.edge_stabilization.hangover_manual_ms=0',
    ],
  }),
);
const { port } = await scheduler.start();
serveMeasured(port);
