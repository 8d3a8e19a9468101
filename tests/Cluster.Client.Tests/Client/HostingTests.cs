using Cluster.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Cluster.Client.Tests.Client;

public sealed class HostingTests
{
    [Fact]
    public async Task A_container_creates_one_client_and_disposes_of_it()
    {
        var services = new ServiceCollection();
        services.AddIpcClient(options => options.Uid = 3);
        IIpcClient client;
        await using (var provider = services.BuildServiceProvider())
        {
            client = provider.GetRequiredService<IIpcClient>();
            Assert.Same(client, provider.GetRequiredService<IIpcClient>());
            Assert.Equal(3U, client.Uid);
            Assert.True(provider.GetRequiredService<IOptions<IpcClientOptions>>().Value.NewProcessWhenLost);
        }

        Assert.Equal(IpcConnectionState.Closed, client.State);
    }

    [Fact]
    public async Task A_second_registration_adds_to_the_first_and_its_settings_win()
    {
        var services = new ServiceCollection();
        services.AddIpcClient(options => (options.Uid, options.Namespace) = (1, "/a"));
        services.AddIpcClient(options => (options.Namespace, options.NewProcessWhenLost) = ("/b", false));
        services.AddIpcClient();
        await using var provider = services.BuildServiceProvider();
        var client = Assert.Single(provider.GetServices<IIpcClient>());
        Assert.Equal((1U, "/b"), (client.Uid, client.Namespace.Path));
        Assert.False(provider.GetRequiredService<IOptions<IpcClientOptions>>().Value.NewProcessWhenLost);
    }

    [Fact]
    public async Task Each_key_has_a_separate_client()
    {
        var services = new ServiceCollection();
        services.AddIpcClient(options => options.Namespace = "/own");
        services.AddKeyedIpcClient("a", options => options.Namespace = "/a");
        services.AddKeyedIpcClient("b", options => options.Namespace = "/b");
        services.AddKeyedIpcClient("b", options => options.Uid = 9);
        await using var provider = services.BuildServiceProvider();
        var a = provider.GetRequiredKeyedService<IIpcClient>("a");
        var b = provider.GetRequiredKeyedService<IIpcClient>("b");
        Assert.Equal("/own", provider.GetRequiredService<IIpcClient>().Namespace.Path);
        Assert.Equal(("/a", "/b", 9U), (a.Namespace.Path, b.Namespace.Path, b.Uid));
        Assert.Same(b, provider.GetRequiredKeyedService<IIpcClient>("b"));
        Assert.True(provider.GetRequiredService<IOptionsMonitor<IpcClientOptions>>().Get("b").NewProcessWhenLost);
    }

    [Fact]
    public async Task The_error_names_an_invalid_option_of_the_builder()
    {
        var services = new ServiceCollection();
        services.AddIpcClient(options => options.Namespace = "relative").Configure(options => options.Uid = 1);
        await using var provider = services.BuildServiceProvider();
        var exception = Assert.Throws<OptionsValidationException>(provider.GetRequiredService<IIpcClient>);
        Assert.Contains("IpcClientOptions.Namespace: 'relative'", exception.Message, StringComparison.Ordinal);
        var atStart = provider.GetRequiredService<IStartupValidator>();
        Assert.Throws<OptionsValidationException>(atStart.Validate);
    }

    [Fact]
    public async Task The_client_logs_through_the_container()
    {
        using var logs = new RecordedLogs();
        var services = new ServiceCollection().AddSingleton<ILoggerFactory>(logs);
        services.AddIpcClient();
        await using var provider = services.BuildServiceProvider();
        provider.GetRequiredService<IIpcClient>();
        Assert.Equal("Cluster.Client.IpcClient", logs.Category);
    }

    [Fact]
    public async Task Options_that_change_later_do_not_change_a_client()
    {
        var options = new IpcClientOptions { Namespace = "/a" };
        await using var client = IpcClient.Create(options);
        options.Namespace = "/b";
        Assert.Equal("/a", client.Namespace.Path);
    }

    [Fact]
    public async Task A_client_without_an_address_calls_the_local_node()
    {
        Assert.Empty(new IpcClientOptions().Addresses);
        var options = new IpcClientOptions { ConnectTimeout = TimeSpan.FromMilliseconds(20) };
        var exception = await Assert.ThrowsAsync<IpcConnectException>(
            () => IpcClient.ConnectAsync(new FakeTransport { Fault = "down" }, options).Soon());
        Assert.Contains("http://127.0.0.1:5210", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_with_an_answer_of_the_cluster_is_healthy()
    {
        var bench = await ClientBench.ConnectAsync();
        await using var provider = Checked(bench.Client, "ipc");
        var checking = provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        var call = await bench.Stream.AnswerAsync(_ => new Result { Limits = new Limits() });
        Assert.Equal(Call.OpOneofCase.LimitsGet, call.OpCase);
        var entry = (await checking.Soon()).Entries["ipc"];
        Assert.Equal((HealthStatus.Healthy, "process 7 in /"), (entry.Status, entry.Description));
    }

    [Fact]
    public async Task A_client_without_an_answer_in_time_is_not_healthy()
    {
        await using var client = IpcClient.Create(new FakeTransport { Fault = "down" }, new IpcClientOptions());
        await using var provider = Checked(client, "ipc", TimeSpan.FromMilliseconds(20), HealthStatus.Degraded);
        var entry = (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync().Soon()).Entries["ipc"];
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Equal("no answer within 0.02 s; the client is Connecting", entry.Description);
    }

    [Fact]
    public async Task A_client_that_has_lost_its_process_is_not_healthy()
    {
        var bench = await ClientBench.ConnectAsync();
        var lost = new TaskCompletionSource();
        bench.Client.StateChanged += (_, change) =>
        {
            if (change.State == IpcConnectionState.Lost)
                lost.TrySetResult();
        };
        bench.Stream.Push(Calls.Farewell(Errno.ESRCH));
        await lost.Task.Soon();
        var services = new ServiceCollection().AddSingleton(typeof(ILogger<>), typeof(NullLogger<>))
            .AddKeyedSingleton<IIpcClient>("k", bench.Client);
        services.AddHealthChecks().AddIpcClient(key: "k", name: "keyed");
        await using var provider = services.BuildServiceProvider();
        var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync().Soon();
        var entry = report.Entries["keyed"];
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("ESRCH", entry.Description, StringComparison.Ordinal);
    }

    private static ServiceProvider Checked(
        IIpcClient client, string name, TimeSpan? timeout = null, HealthStatus? failure = null)
    {
        var services = new ServiceCollection().AddSingleton(typeof(ILogger<>), typeof(NullLogger<>))
            .AddSingleton(client);
        services.AddHealthChecks().AddIpcClient(name: name, timeout: timeout, failureStatus: failure);
        return services.BuildServiceProvider();
    }
}
