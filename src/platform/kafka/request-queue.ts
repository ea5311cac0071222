import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

/**
 * kafkajs 2.2.4 looks every millisecond, on every connection, whether requests wait that it may send by now, also when none does (its issues 1556
 * and 1704): most of what an idle service costs. Whoever queues a request, or is answered while some wait, schedules that look by itself, so that
 * none is needed while the queue is empty. To be imported by whoever makes a client; to go when kafkajs does it.
 */
const { prototype } = RequestQueue;
const { scheduleCheckPendingRequests: schedule } = prototype;
prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
  if (this.pending.length > 0) schedule.call(this);
};
