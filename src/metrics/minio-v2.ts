import type { UsageReport } from "./bucket-usage.ts";
import { counter, type Family, gauge } from "./exposition.ts";
import type { KmsMeter } from "./kms-meter.ts";
import type { AuditFigures, Capacity, Figures } from "./figures.ts";
import type { RequestMeter } from "./request-meter.ts";
import { SIZE_RANGES } from "./size-ranges.ts";

/** Metrics of `/minio/v2/metrics/node`: what this process does. */
export function nodeFamilies({ requests, process, version }: Figures): readonly Family[] {
  return [
    ...perApi(requests),
    ...overall(requests),
    counter("minio_node_process_cpu_total_seconds", process.cpuSeconds, "CPU seconds, user and system."),
    gauge("minio_node_process_resident_memory_bytes", process.residentBytes, "Resident memory."),
    gauge("minio_node_process_starttime_seconds", process.startTime, "Start, in seconds since the epoch."),
    gauge("minio_node_process_uptime_seconds", process.uptimeSeconds, "Seconds since the start."),
    gauge("minio_node_file_descriptor_open_total", process.openFiles, "File descriptors that are open."),
    gauge("minio_node_file_descriptor_limit_total", process.maxFiles, "File descriptors that may be open."),
    versionFamily("minio_software_version_info", version),
  ];
}

/** Metrics of `/minio/v2/metrics/cluster`: the same, and what it keeps and relies on. */
export function clusterFamilies(figures: Figures): readonly Family[] {
  const { usage, capacity, kms, ready, audit } = figures;
  return [
    ...nodeFamilies(figures),
    gauge("minio_cluster_health_status", Number(ready), "Whether the server can do its work."),
    gauge("minio_cluster_nodes_online_total", 1, "Nodes that are online."),
    gauge("minio_cluster_nodes_offline_total", 0, "Nodes that are offline."),
    ...ofAudit(audit),
    ...capacity === undefined ? [] : ofDisk(capacity),
    ...usage === undefined ? [] : ofUsage(usage),
    ...kms === undefined ? [] : ofKms(kms.meter, kms.online),
  ];
}

/** Tells the version as a label, since a number cannot. */
export function versionFamily(name: string, version: string): Family {
  return {
    name,
    help: "Version of the server.",
    type: "gauge",
    samples: [{ labels: { version }, value: 1 }],
  };
}

function perApi(meter: RequestMeter): Family[] {
  const numbers = [
    ["total", "S3 requests.", meter.perApi(({ total }) => total)],
    ["errors_total", "Answers of 4xx or 5xx.", meter.perApi((api) => api.errors4xx + api.errors5xx)],
    ["4xx_errors_total", "Answers of 4xx.", meter.perApi(({ errors4xx }) => errors4xx)],
    ["5xx_errors_total", "Answers of 5xx, or broken off.", meter.perApi(({ errors5xx }) => errors5xx)],
    ["canceled_total", "Requests whose client went away.", meter.perApi(({ canceled }) => canceled)],
    ["inflight_total", "Requests being answered now.", meter.perApi(({ inFlight }) => inFlight)],
  ] as const;
  return [
    ...numbers.map(([name, help, samples]): Family => {
      return {
        name: `minio_s3_requests_${name}`,
        help,
        type: name === "inflight_total" ? "gauge" : "counter",
        samples,
      };
    }),
    {
      // Buckets without sum and count, as MinIO exposes them.
      name: "minio_s3_requests_ttfb_seconds_distribution",
      help: "Requests by the time to the first byte of their answer.",
      type: "gauge",
      samples: meter.samples(({ ttfb }, labels) => ttfb.buckets(labels)),
    },
  ];
}

function overall({ incoming, received, sent, rejections }: RequestMeter): Family[] {
  const { auth, header, invalid, timestamp } = rejections;
  return [
    counter("minio_s3_requests_incoming_total", incoming, "S3 requests that came in."),
    counter("minio_s3_requests_rejected_auth_total", auth, "Requests with a wrong signature or key."),
    counter("minio_s3_requests_rejected_header_total", header, "Requests with an invalid header."),
    counter("minio_s3_requests_rejected_invalid_total", invalid, "Requests that name no operation."),
    counter("minio_s3_requests_rejected_timestamp_total", timestamp, "Requests from another time."),
    counter("minio_s3_traffic_received_bytes", received, "Bytes in the bodies of requests."),
    counter("minio_s3_traffic_sent_bytes", sent, "Bytes in the bodies of answers."),
  ];
}

function ofAudit(targets: readonly AuditFigures[]): Family[] {
  const perTarget = (of: (target: AuditFigures) => number) =>
    targets.map((target) => ({ labels: { target_id: target.name }, value: of(target) }));
  return [
    {
      name: "minio_audit_total_messages",
      help: "Audit entries.",
      type: "counter",
      samples: perTarget(({ total }) => total),
    },
    {
      name: "minio_audit_failed_messages",
      help: "Audit entries that were lost: there was no room for them, or the target refused them.",
      type: "counter",
      samples: perTarget(({ lost }) => lost),
    },
    {
      name: "minio_audit_target_queue_length",
      help: "Audit entries that wait.",
      type: "gauge",
      samples: perTarget(({ length }) => length),
    },
  ];
}

function ofDisk({ total, free }: Capacity): Family[] {
  return ["raw", "usable"].flatMap((kind) => [
    gauge(`minio_cluster_capacity_${kind}_total_bytes`, total, "Size of the disk."),
    gauge(`minio_cluster_capacity_${kind}_free_bytes`, free, "What is free on the disk."),
  ]);
}

function ofUsage({ buckets, bucketCount, objects, bytes }: UsageReport): Family[] {
  const list = [...buckets].map(([bucket, usage]) => ({ labels: { bucket }, usage }));
  return [
    gauge("minio_cluster_buckets_total", bucketCount, "Buckets."),
    gauge("minio_cluster_usage_object_total", objects, "Objects."),
    gauge("minio_cluster_usage_total_bytes", bytes, "Size of all objects."),
    {
      name: "minio_bucket_usage_total_bytes",
      help: "Size of all objects in the bucket.",
      type: "gauge",
      samples: list.map(({ labels, usage }) => ({ labels, value: usage.bytes })),
    },
    {
      name: "minio_bucket_usage_object_total",
      help: "Objects in the bucket.",
      type: "gauge",
      samples: list.map(({ labels, usage }) => ({ labels, value: usage.objects })),
    },
    {
      name: "minio_bucket_objects_size_distribution",
      help: "Objects in the bucket by size.",
      type: "gauge",
      samples: list.flatMap(({ labels, usage }) =>
        SIZE_RANGES.map((range) => ({ labels: { ...labels, range }, value: usage.ranges.get(range) ?? 0 }))
      ),
    },
  ];
}

function ofKms(meter: KmsMeter, online: boolean): Family[] {
  const { succeeded, refused, unavailable, cacheHits, cacheMisses, latency } = meter;
  return [
    gauge("minio_cluster_kms_online", Number(online), "Whether the KMS is online."),
    counter("minio_cluster_kms_request_success", succeeded, "KMS requests that succeeded."),
    counter("minio_cluster_kms_request_error", refused, "KMS requests that the KMS refused."),
    counter("minio_cluster_kms_request_failure", unavailable, "KMS requests that it could not answer."),
    counter("minio_cluster_kms_key_cache_hits_total", cacheHits, "Data keys that were still in memory."),
    counter("minio_cluster_kms_key_cache_missed_total", cacheMisses, "Data keys that the KMS had to open."),
    {
      name: "minio_cluster_kms_request_seconds",
      help: "Time that the KMS took.",
      type: "histogram",
      samples: latency.samples(),
    },
  ];
}
