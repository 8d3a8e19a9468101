using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>Why calls end without a result. ESRCH: the process has ended, and their outcome is unknown.</summary>
internal sealed record EngineFailure(Errno Errno, string Reason);
