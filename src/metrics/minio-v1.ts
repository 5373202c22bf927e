import { counter, type Family, gauge, type Sample } from "./exposition.ts";
import type { Figures } from "./figures.ts";
import { versionFamily } from "./minio-v2.ts";

/** Metrics of `/minio/prometheus/metrics`, under the names that MinIO used up to 2021. */
export function legacyFamilies({ requests, process, version, usage, capacity }: Figures): readonly Family[] {
  const perBucket = (of: "bytes" | "objects"): Sample[] =>
    [...usage?.buckets ?? []].map(([bucket, one]) => ({ labels: { bucket }, value: one[of] }));
  return [
    {
      name: "s3_requests_total",
      help: "S3 requests.",
      type: "counter",
      samples: requests.perApi(({ total }) => total),
    },
    {
      name: "s3_errors_total",
      help: "Answers of 4xx or 5xx.",
      type: "counter",
      samples: requests.perApi(({ errors4xx, errors5xx }) => errors4xx + errors5xx),
    },
    {
      name: "s3_requests_current",
      help: "Requests being answered now.",
      type: "gauge",
      samples: requests.perApi(({ inFlight }) => inFlight),
    },
    {
      name: "s3_ttfb_seconds",
      help: "Time to the first byte of the answer.",
      type: "histogram",
      samples: requests.samples(({ ttfb }, labels) => ttfb.samples(labels)),
    },
    counter("s3_rx_bytes_total", requests.received, "Bytes in the bodies of requests."),
    counter("s3_tx_bytes_total", requests.sent, "Bytes in the bodies of answers."),
    {
      name: "bucket_usage_size",
      help: "Size of all objects in the bucket.",
      type: "gauge",
      samples: perBucket("bytes"),
    },
    {
      name: "bucket_objects_count",
      help: "Objects in the bucket.",
      type: "gauge",
      samples: perBucket("objects"),
    },
    gauge("disk_storage_total", capacity?.total, "Size of the disk."),
    gauge("disk_storage_available", capacity?.free, "What is free on the disk."),
    gauge("disk_storage_used", capacity && capacity.total - capacity.free, "What is used on the disk."),
    counter("process_cpu_seconds_total", process.cpuSeconds, "CPU seconds, user and system."),
    gauge("process_resident_memory_bytes", process.residentBytes, "Resident memory."),
    gauge("process_start_time_seconds", process.startTime, "Start, in seconds since the epoch."),
    gauge("process_open_fds", process.openFiles, "File descriptors that are open."),
    gauge("process_max_fds", process.maxFiles, "File descriptors that may be open."),
    versionFamily("minio_version_info", version),
  ];
}
