using Cluster.Client;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the client with a service container.</summary>
public static class IpcServiceCollectionExtensions
{
    /// <summary>
    /// Registers one <see cref="IIpcClient"/> for the whole service. It connects on its first call, and starts a new
    /// process should the old one be lost (<see cref="IpcClientOptions.NewProcessWhenLost"/>, here true by default).
    /// <code>
    /// services.AddIpcClient(options => options with { Addresses = ["http://node1:5210"], Namespace = "/prod" });
    /// </code>
    /// </summary>
    public static IServiceCollection AddIpcClient(
        this IServiceCollection services, Func<IpcClientOptions, IpcClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new IpcClientOptions { NewProcessWhenLost = true };
        return services.AddIpcClient(configure is null ? options : configure(options));
    }

    /// <summary>Registers one <see cref="IIpcClient"/> for the whole service, with exactly these options.</summary>
    public static IServiceCollection AddIpcClient(this IServiceCollection services, IpcClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        services.TryAddSingleton<IIpcClient>(_ => IpcClient.Create(options));
        return services;
    }
}
