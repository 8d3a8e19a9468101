using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Cluster.Client.AspNetCore;

/// <summary>Servers on Unix sockets of the cluster.</summary>
public static class ClusterSocketExtensions
{
    /// <summary>
    /// Has Kestrel listen on a Unix socket of the cluster. The service itself is as it was. If no other address is configured,
    /// it listens there alone.
    /// </summary>
    /// <param name="host">The server.</param>
    /// <param name="ipc">The process that listens. It has to live as long as the server.</param>
    /// <param name="name">The path, or @ and the abstract name.</param>
    /// <param name="options">Backlog, permissions and durability; null: the usual ones.</param>
    /// <param name="configure">Protocols and the like of the address.</param>
    /// <example>
    /// <code>
    /// var builder = WebApplication.CreateBuilder(args);
    /// builder.WebHost.ListenOnClusterSocket(ipc, "/run/orders");
    /// var app = builder.Build();
    /// app.MapGet("/", () => "hello");
    /// await app.RunAsync();
    /// </code>
    /// </example>
    public static IWebHostBuilder ListenOnClusterSocket(
        this IWebHostBuilder host,
        IIpcClient ipc,
        string name,
        SocketListenOptions? options = null,
        Action<ListenOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(ipc);
        ArgumentNullException.ThrowIfNull(name);
        host.ConfigureServices(services => services.AddSingleton<IConnectionListenerFactory>(provider =>
            new ClusterSocketTransportFactory(ipc, options, provider.GetService<ILoggerFactory>())));
        return host.ConfigureKestrel(
            kestrel => kestrel.Listen(new ClusterSocketEndPoint(name), listen => configure?.Invoke(listen)));
    }
}
