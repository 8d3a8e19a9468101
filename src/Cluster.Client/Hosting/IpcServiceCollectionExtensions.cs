using Cluster.Client;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers clients with a service container.</summary>
public static class IpcServiceCollectionExtensions
{
    /// <summary>
    /// Registers one <see cref="IIpcClient"/> for the whole service. It connects on its first call, logs through the
    /// container's <see cref="ILoggerFactory"/>, and starts a new process if the old one is lost
    /// (<see cref="IpcClientOptions.NewProcessWhenLost"/>, here true by default). Options are validated when the host
    /// starts, or else when the client is made (<see cref="OptionsValidationException"/>).
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Sets options. A second registration adds to the first, as all options do: there is still
    /// one client, and for each option the last registration wins.</param>
    /// <returns>For further options: a section of the configuration, other services, rules.</returns>
    /// <example>
    /// <code>
    /// services.AddIpcClient(options =>
    /// {
    ///     options.Addresses = ["http://node1:5210", "http://node2:5210"];
    ///     options.Namespace = "/prod";
    /// });
    /// services.AddHealthChecks().AddIpcClient();
    /// </code>
    /// </example>
    public static OptionsBuilder<IpcClientOptions> AddIpcClient(
        this IServiceCollection services, Action<IpcClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<IIpcClient>(provider => Create(provider, Options.Options.DefaultName));
        return services.AddOptionsOf(Options.Options.DefaultName, configure);
    }

    /// <summary>
    /// Registers a client under a key, beside others: each key has a client, and so a process, of its own. As
    /// <see cref="AddIpcClient"/> otherwise.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="key">The key, and the name of the client's options.</param>
    /// <param name="configure">Sets options.</param>
    /// <example>
    /// <code>
    /// services.AddKeyedIpcClient("billing", options => options.Namespace = "/billing");
    /// public sealed class Biller([FromKeyedServices("billing")] IIpcClient ipc);
    /// </code>
    /// </example>
    public static OptionsBuilder<IpcClientOptions> AddKeyedIpcClient(
        this IServiceCollection services, string key, Action<IpcClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(key);
        services.TryAddKeyedSingleton<IIpcClient>(key, (provider, _) => Create(provider, key));
        return services.AddOptionsOf(key, configure);
    }

    private static OptionsBuilder<IpcClientOptions> AddOptionsOf(
        this IServiceCollection services, string name, Action<IpcClientOptions>? configure)
    {
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<IpcClientOptions>, IpcClientOptionsValidation>());

        // Once for each name, before everything that an application configures: the last setting wins.
        if (!services.Any(service => service.ImplementationInstance is Defaults defaults && defaults.Name == name))
        {
            var defaults = new Defaults(name);
            services.AddSingleton<IConfigureOptions<IpcClientOptions>>(defaults);
        }

        var builder = services.AddOptions<IpcClientOptions>(name).ValidateOnStart();
        return configure is null ? builder : builder.Configure(configure);
    }

    private static IpcClient Create(IServiceProvider provider, string name)
    {
        var options = provider.GetRequiredService<IOptionsMonitor<IpcClientOptions>>().Get(name);
        return ReferenceEquals(options.LoggerFactory, NullLoggerFactory.Instance)
            && provider.GetService<ILoggerFactory>() is { } logs
            ? IpcClient.Create(options with { LoggerFactory = logs })
            : IpcClient.Create(options);
    }

    /// <summary>A service outlives a process that is lost.</summary>
    private sealed class Defaults(string name) : ConfigureNamedOptions<IpcClientOptions>(
        name, static options => options.NewProcessWhenLost = true);
}
