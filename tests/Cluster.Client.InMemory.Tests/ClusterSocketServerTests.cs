using System.Net;
using Cluster.Client.AspNetCore;
using Cluster.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Cluster.Client.InMemory.Tests;

/// <summary>A service of ASP.NET Core that listens on a Unix socket of the cluster, and an HttpClient that calls it.</summary>
public sealed class ClusterSocketServerTests : KernelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("/run/service")]
    [InlineData("@service")]
    public async Task A_service_answers_over_a_socket(string name)
    {
        await using var app = await StartAsync(name);
        await using var caller = Client(0);
        using var http = Http(caller, name);
        Assert.Equal("hello", await http.GetStringAsync("/").WaitAsync(Patience));
        var body = new byte[1_000_000];
        Random.Shared.NextBytes(body);
        for (var time = 0; time < 3; time++)
        {
            using var answer = await http.PostAsync("/echo", new ByteArrayContent(body)).WaitAsync(Patience);
            Assert.Equal(body, await answer.Content.ReadAsByteArrayAsync().WaitAsync(Patience));
        }

        using var missing = await http.GetAsync("/none").WaitAsync(Patience);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        await app.StopAsync().WaitAsync(Patience);
        using var late = Http(caller, name);
        var failed = await Assert.ThrowsAsync<HttpRequestException>(() => late.GetStringAsync("/").WaitAsync(Patience));
        var errno = Assert.IsAssignableFrom<IIpcError>(failed.InnerException).Errno;
        Assert.Equal(name[0] == '@' ? Errno.ECONNREFUSED : Errno.ENOENT, errno); // the path was unlinked
    }

    [Fact]
    public async Task HTTP_2_carries_many_requests_at_once()
    {
        await using var app = await StartAsync("@two", listen => listen.Protocols = HttpProtocols.Http2);
        using var http = Http(Ipc, "@two");
        http.DefaultRequestVersion = HttpVersion.Version20;
        http.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => http.GetStringAsync($"/number/{number}")))
            .WaitAsync(Patience);
        Assert.Equal(Enumerable.Range(0, 20).Select(number => $"{number}"), answers);
    }

    [Fact]
    public async Task A_service_takes_the_path_of_one_that_has_died_and_no_other()
    {
        var dead = Client(1000);
        _ = await dead.Sockets.ListenAsync("/run/service");
        await Assert.ThrowsAsync<IOException>(() => StartAsync("/run/service")); // AddressInUse, as Kestrel says it
        await dead.DisposeAsync();
        await using var app = await StartAsync("/run/service");
        using var http = Http(Ipc, "/run/service");
        Assert.Equal("hello", await http.GetStringAsync("/").WaitAsync(Patience));
    }

    [Fact]
    public async Task An_aborted_request_reaches_the_service()
    {
        await using var app = await StartAsync("@abort");
        using var http = Http(Ipc, "@abort");
        using var impatient = new CancellationTokenSource();
        var waiting = http.GetStringAsync("/wait", impatient.Token);
        await Begun.Task.WaitAsync(Patience);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Aborted.Task.WaitAsync(Patience);
    }

    private TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TaskCompletionSource Aborted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static HttpClient Http(IpcClient ipc, string name) =>
        new(new SocketsHttpHandler { ConnectCallback = ipc.Sockets.ConnectCallback(name) })
        {
            BaseAddress = new Uri("http://service"),
        };

    private async Task<WebApplication> StartAsync(string name, Action<ListenOptions>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ListenOnClusterSocket(Ipc, name, configure: configure);
        var app = builder.Build();
        app.MapGet("/", () => "hello");
        app.MapGet("/number/{number}", (int number) => $"{number}");
        app.MapPost("/echo", async (HttpContext context) =>
        {
            var body = new MemoryStream(); // a client of HTTP/1.1 reads no answer before it has sent all
            await context.Request.Body.CopyToAsync(body);
            await context.Response.Body.WriteAsync(body.ToArray());
        });
        app.MapGet("/wait", async (HttpContext context) =>
        {
            Begun.SetResult();
            var aborted = new TaskCompletionSource();
            await using var registration = context.RequestAborted.Register(aborted.SetResult);
            await aborted.Task;
            Aborted.SetResult();
        });
        await app.StartAsync();
        return app;
    }
}
