using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Hosting;
using Cluster.Actors;
using Cluster.Node.Gateway;
using Cluster.Node.Lifecycle;
using Cluster.Node.Observing;
using Cluster.Node.Security;
using Cluster.Node.Settings;
using Cluster.Node.Startup;
using Cluster.Node.Web;
using Cluster.Protocol;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Cluster.Node.Hosting;

/// <summary>The composition root: builds the node and runs it.</summary>
public static class NodeHost
{
    // Not 0: a supervisor that restarts only failed services must restart this node.
    private const int GivenUp = 3;

    private const string EndedTooSoon = "the node has ended before it was ready: the events before this line say why";

    /// <summary>Runs a node until it is told to stop.</summary>
    /// <param name="options">Valid settings.</param>
    /// <param name="file">The section akka of the operator's file.</param>
    /// <param name="cancelled">Stops the node.</param>
    /// <returns>The exit code. 0: it was stopped or told to leave. 3: the cluster has declared it dead.</returns>
    /// <exception cref="StartException">The node cannot start; the message says why.</exception>
    public static async Task<int> RunAsync(NodeOptions options, Config file, CancellationToken cancelled)
    {
        try
        {
            Descriptors.Check();
            Ports.Check(options);
            SocketFile.Prepare(options);
            await new JournalWait(options, Console.Error, TimeProvider.System).RunAsync(cancelled);
            using var data = TakeData(options);
            await new JournalMove(options, Console.Error, TimeProvider.System).RunAsync(cancelled);
            var identity = await JournalIdentity.AskAsync(options, cancelled);
            await using var app = Build(options, file, identity);
            if (!await StartAsync(app, options, cancelled)) return 0;
            await app.WaitForShutdownAsync(cancelled);
            var system = app.Services.GetRequiredService<ActorSystem>();
            return Ending(system) is CoordinatedShutdown.ClusterDowningReason ? GivenUp : 0;
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            return 0;
        }
    }

    // Returns false if the node was told to stop before it was ready.
    private static async Task<bool> StartAsync(WebApplication app, NodeOptions options, CancellationToken cancelled)
    {
        var system = StartActors(app);
        try
        {
            await app.StartAsync(cancelled);
            SocketFile.Open(options);
            var gateway = GatewayAddress(app, options);
            var node = app.Services.GetRequiredService<NodeService>();
            app.Lifetime.ApplicationStopping.Register(node.Drain);
            using var starting = CancellationTokenSource.CreateLinkedTokenSource(
                cancelled, app.Lifetime.ApplicationStopping);
            await node.StartAsync(gateway, starting.Token);
            if (Ending(system) is null) await GreetAsync(app, options, gateway);
            return true;
        }
        catch (IOException exception) when (Innermost(exception) is SocketException socket)
        {
            var isWeb = options.WebAddress is { } web
                && exception.Message.Contains($":{web.Port}", StringComparison.Ordinal);
            throw isWeb
                ? Ports.Refusal("web", $"{options.WebAddress}", socket)
                : Ports.Refusal("listen", options.Listen, socket);
        }
        catch (StartException)
        {
            // Stop in an orderly way: the node may already be a member, and clients may be connected.
            await app.StopAsync(CancellationToken.None);
            throw;
        }
        catch (Exception exception) when (IsEnd(exception, system))
        {
            var isRequested = IsStopRequested(app, system, cancelled);
            await app.StopAsync(CancellationToken.None); // in an orderly way, as above
            return isRequested ? false : throw new StartException(EndedTooSoon);
        }
    }

    // Starts the actor system here, because the host would print a stack trace for a wrong setting of section akka.
    private static ActorSystem StartActors(WebApplication app)
    {
        try
        {
            return app.Services.GetRequiredService<ActorSystem>();
        }
        catch (InvalidOperationException exception) when (exception.Message.Contains("while terminating"))
        {
            // Its first actors have ended the system before it was complete, so there is no system to ask for the
            // reason.
            throw new StartException(EndedTooSoon);
        }
    }

    // An ending actor system refuses to start actors, leaves questions unanswered, or cancels them.
    private static bool IsEnd(Exception exception, ActorSystem system) =>
        exception is OperationCanceledException or ClusterJoinFailedException
        || system.WhenTerminated.IsCompleted || Ending(system) is not null;

    // A stop is requested by a signal, after which the host ends the actors, or by the cluster. Actors that end by
    // themselves stop the host too, but that is a failure.
    private static bool IsStopRequested(WebApplication app, ActorSystem system, CancellationToken cancelled)
    {
        if (cancelled.IsCancellationRequested) return true;
        if (!app.Lifetime.ApplicationStopping.IsCancellationRequested) return false;
        return !system.WhenTerminated.IsCompleted || Ending(system) is CoordinatedShutdown.ClusterLeavingReason;
    }

    // Why the actor system ends or has ended; null: it does not end.
    private static CoordinatedShutdown.Reason? Ending(ActorSystem system) =>
        CoordinatedShutdown.Get(system).ShutdownReason;

    private static WebApplication Build(NodeOptions options, Config file, string? identity)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            // The host would read its own settings from the working directory and watch the whole directory tree: each
            // write to a journal there would wake the watcher.
            ContentRootPath = AppContext.BaseDirectory,
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
        });
        NodeLogging.Configure(builder.Logging, options);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(15));
        builder.WebHost.ConfigureKestrel(kestrel => ConfigureKestrel(kestrel, options));
        // Continuations of socket operations never block here, so they need no other thread. That saves 35 us a call.
        // What a connection sends and nobody has read yet is bounded by the buffer. The bytes of an incomplete frame are
        // beside it.
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.MaxReadBufferSize = 16 * 1024;
        });
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = Bounds.FrameBytes;
            grpc.MaxSendMessageSize = null;
            // A compressed frame could have any size.
            grpc.CompressionProviders = [];
        });
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<JournalMeter>();
        builder.Services.AddSingleton<NodeStats>();
        builder.Services.AddSingleton<NodeService>();
        builder.Services.AddHostedService<MemoryKeeper>();
        builder.Services.AddHostedService<BoundsWatch>();
        Telemetry.Configure(builder.Services, options, NodeService.Version);
        if (options.WebAddress is not null) builder.Services.AddSingleton(Metrics);
        builder.Services.AddSingleton<AuditLog>();
        builder.Services.AddSingleton<SecurityFiles>();
        builder.Services.AddSingleton<Refusals>();
        builder.Services.AddSingleton<NodePolicy>();
        builder.Services.AddSingleton<NodeTls>();
        builder.Services.AddSingleton<NodeJwt>();
        builder.Services.AddSingleton<IAdmission, Admission>();
        builder.Services.AddSingleton<ClientBounds>();
        builder.Services.AddSingleton(services => new Connections(
            services.GetRequiredService<NodeStats>(), Descriptors.Connections(Descriptors.Limit)));
        builder.Services.AddSingleton<BareGateway>();
        builder.Services.AddAkka("ipc", (akka, services) =>
        {
            akka.ConfigureLoggers(loggers =>
            {
                loggers.ClearLoggers();
                loggers.AddLogger<AkkaLog>();
            });
            if (options.HasNodeTls) akka.AddSetup(services.GetRequiredService<NodeTls>().BetweenNodes());
            akka.AddSetup(NodeLogging.OfAkka(services.GetRequiredService<ILoggerFactory>(), file));
            akka.AddHocon(AkkaSettings.Effective(options, file, identity), HoconAddMode.Prepend);
        });
        var app = builder.Build();
        BoundedBodies.Use(app);
        WebEndpoint.Map(app);
        app.MapGrpcService<GatewayService>();
        app.MapGrpcService<OperationsService>();
        return app;
    }

    private static NodeMetrics Metrics(IServiceProvider services)
    {
        var node = services.GetRequiredService<NodeService>();
        return new NodeMetrics(
            services.GetRequiredService<NodeStats>(), () => node.SessionOpener is not null, () => node.Members);
    }

    private static void ConfigureKestrel(KestrelServerOptions kestrel, NodeOptions options)
    {
        kestrel.AddServerHeader = false;
        // A client may send so much that nobody has read yet, over a whole connection and over one stream.
        kestrel.Limits.Http2.InitialConnectionWindowSize = 1024 * 1024;
        kestrel.Limits.Http2.InitialStreamWindowSize = 768 * 1024;
        // Each takes 24 KiB. A client or a proxy that needs more opens another connection.
        kestrel.Limits.Http2.MaxStreamsPerConnection = 32;
        // A connection without a request, and a request without its headers, end after this.
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
        kestrel.Limits.RequestHeadersTimeout = ClientBounds.HelloTimeout;
        // Finds clients that vanished without closing their connection.
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(5);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(5);
        kestrel.Limits.MinRequestBodyDataRate = null;
        // The gateway first: GatewayAddress takes the first address of the server.
        if (options.ListenAddress is { } listen) Listen(kestrel, listen, endpoint => Serve(endpoint, options.HasTls));
        // The kernel says who is at the other end, and no other machine hears it: it needs no TLS.
        if (options.ListenSocket is { } path) kestrel.ListenUnixSocket(path, endpoint => Serve(endpoint, false));
        if (options.WebAddress is { } address) Listen(kestrel, address, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http1;
            Bound(endpoint);
        });
    }

    private static void Serve(ListenOptions endpoint, bool hasTls)
    {
        endpoint.Protocols = HttpProtocols.Http2;
        Bound(endpoint);
        if (hasTls)
        {
            var tls = endpoint.ApplicationServices.GetRequiredService<NodeTls>();
            endpoint.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = ClientBounds.HelloTimeout,
                OnConnection = _ => ValueTask.FromResult(tls.Terms()),
            });
        }

        endpoint.Use(http => connection =>
            endpoint.ApplicationServices.GetRequiredService<BareGateway>().ServeAsync(connection, http));
    }

    private static void Bound(ListenOptions endpoint) => endpoint.Use(serve => connection =>
        endpoint.ApplicationServices.GetRequiredService<Connections>().ServeAsync(connection, serve));

    private static void Listen(KestrelServerOptions kestrel, HostPort at, Action<ListenOptions> configure)
    {
        if (at.Host == "localhost") kestrel.ListenLocalhost(at.Port, configure);
        else if (IPAddress.TryParse(at.Host, out var address)) kestrel.Listen(address, at.Port, configure);
        else kestrel.ListenAnyIP(at.Port, configure);
    }

    // Creating the lock file also shows that the directory is writable.
    private static DataLock? TakeData(NodeOptions options)
    {
        if (!JournalSettings.IsSqlite(options.Journal)) return null;
        var journal = JournalSettings.SqlitePath(options);
        var isOwn = options.Journal == JournalSettings.Embedded;
        DataLock? data = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(journal)!);
            // Opening a pipe would block. JournalFile.Check refuses everything that is not a regular file.
            if (File.Exists(journal) && !RegularFile.IsOther(journal))
                File.Open(journal, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
            data = isOwn ? DataLock.Take(options.Data) : null;
            JournalFile.Check(journal, isOwn ? "data" : "journal");
            return data;
        }
        catch (Exception exception)
        {
            data?.Dispose();
            if (exception is not (IOException or UnauthorizedAccessException)) throw;
            var reason = $"cannot write to {Path.GetDirectoryName(journal)}: {exception.Message}";
            throw isOwn ? new SettingsException($"data: {reason}") : new StartException($"journal: {reason}");
        }
    }

    private static Exception Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner) exception = inner;
        return exception;
    }

    private static string GatewayAddress(WebApplication app, NodeOptions options)
    {
        if (options.Advertise.Length > 0) return options.Advertise;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        var address = addresses.First();
        // The server says http://unix:PATH.
        return options.ListenAddress is null ? $"unix:{options.ListenSocket}" : address;
    }

    private static string Safety(NodeOptions options)
    {
        var socket = options is { ListenAddress: not null, ListenSocket: { } path } ? $"\n  socket   unix:{path}" : "";
        return options.TrustsCallers && options.ListenAddress is { IsLoopback: true }
            ? socket + "\n  trust    callers of this machine are who they say they are (--trust-loopback off ends that)"
            : socket;
    }

    private static string? WebAddress(WebApplication app, NodeOptions options)
    {
        if (options.WebAddress is null) return null;
        return app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Last();
    }

    private static async Task GreetAsync(WebApplication app, NodeOptions options, string gateway)
    {
        var web = WebAddress(app, options) ?? "none";
        if (options.Log == "json")
        {
            var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(OperatorLog.Category);
            log.NodeReady(gateway, web, JournalSettings.Describe(options));
            return;
        }

        await Console.Out.WriteLineAsync($"""
            cluster-node is ready
              gateway  {gateway}
              web      {web}{Safety(options)}
              journal  {JournalSettings.Describe(options)}
              try      ipc --connect {gateway} ipcmk -Q     (from the checkout: dotnet run --project src/Cluster.Cli -- ipcmk -Q)
              stop     Ctrl-C
            """);
        await Console.Out.FlushAsync();
    }
}
