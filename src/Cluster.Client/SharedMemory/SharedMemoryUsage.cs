namespace Cluster.Client;

/// <summary>struct shm_info: shmctl(SHM_INFO).</summary>
/// <param name="Segments">used_ids: segments that exist.</param>
/// <param name="Pages">shm_tot: pages of 4,096 bytes of all segments.</param>
/// <param name="ResidentPages">shm_rss: pages of the extents that have been written; they hold 64 each.</param>
public readonly record struct SharedMemoryUsage(long Segments, long Pages, long ResidentPages);
