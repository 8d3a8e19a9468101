using Cluster.Protocol;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Cluster.Client;

/// <summary>
/// Healthy: the cluster answers a call of this process in time. The call is the question for the limits of the
/// namespace: it reads, and it makes a client connect that nobody has used yet.
/// </summary>
internal sealed class IpcHealthCheck(IIpcClient ipc, TimeSpan timeout) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(timeout);
        try
        {
            await ipc.Namespace.GetLimitsAsync(late.Token).ConfigureAwait(false);
            return HealthCheckResult.Healthy($"process {ipc.Pid} in {ipc.Namespace.Path}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed($"no answer within {timeout.TotalSeconds:0.###} s; the client is {ipc.State}");
        }
        catch (Exception exception) when (exception is IIpcError or ObjectDisposedException)
        {
            return Failed(exception.Message, exception);
        }

        HealthCheckResult Failed(string description, Exception? exception = null) =>
            new(context.Registration.FailureStatus, description, exception);
    }
}
