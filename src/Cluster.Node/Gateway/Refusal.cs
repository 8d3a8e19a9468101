using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Node.Gateway;

/// <summary>Why a stream is ended that said what it may not.</summary>
/// <param name="Errno">In a farewell.</param>
/// <param name="Status">In the words of gRPC.</param>
/// <param name="Reason">For people.</param>
internal sealed record Refusal(Errno Errno, StatusCode Status, string Reason);
