using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Node.Gateway;

/// <summary>Why the gateway ends a stream that sent an invalid frame.</summary>
/// <param name="Errno">The errno of the farewell.</param>
/// <param name="Status">The gRPC status.</param>
/// <param name="Reason">The reason, for people.</param>
internal sealed record Refusal(Errno Errno, StatusCode Status, string Reason);
