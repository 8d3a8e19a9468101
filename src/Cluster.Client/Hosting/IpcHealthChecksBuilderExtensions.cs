using Cluster.Client;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the health of a client to the health checks of a service.</summary>
public static class IpcHealthChecksBuilderExtensions
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Checks that the cluster answers a call of the service's client in time.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="key">The key of a keyed client; null: the client without a key.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="timeout">How long an answer may take; null: 5 seconds.</param>
    /// <param name="failureStatus">What a failure means; null: unhealthy.</param>
    /// <param name="tags">For filters.</param>
    /// <example>
    /// <code>
    /// services.AddIpcClient(options => options.Addresses = [address]);
    /// services.AddHealthChecks().AddIpcClient();
    /// </code>
    /// </example>
    public static IHealthChecksBuilder AddIpcClient(
        this IHealthChecksBuilder builder,
        string? key = null,
        string name = "ipc",
        TimeSpan? timeout = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name,
            provider => new IpcHealthCheck(
                key is null
                    ? provider.GetRequiredService<IIpcClient>()
                    : provider.GetRequiredKeyedService<IIpcClient>(key),
                timeout ?? DefaultTimeout),
            failureStatus,
            tags));
    }
}
