using Akka.Configuration;
using Cluster.Node.Settings;

namespace Cluster.Node.Tests.Hosting;

/// <summary>The command line: which settings a node starts with.</summary>
public sealed class NodeCommandTests : NodeCommandRun
{
    [Fact]
    public async Task Without_settings_the_defaults_hold()
    {
        Assert.Equal(42, await RunAsync(""));
        Assert.Equal(new NodeOptions(), Started);
        Assert.Equal("", Error.ToString());
    }

    [Fact]
    public async Task File_environment_and_command_line_override_each_other_in_this_order()
    {
        WriteFile("""
            ipc { listen = "127.0.0.1:1", data = /file, advertise = "http://file:1", passivate-after = 11 }
            akka.loglevel = INFO
            """);
        Variables["IPC_NODE_LISTEN"] = "127.0.0.1:2";
        Variables["IPC_NODE_DATA"] = "/environment";
        Variables["IPC_CONNECT"] = "http://the.client.s:1";
        Assert.Equal(42, await RunAsync($"--config {ConfigFile} --listen 127.0.0.1:3"));
        Assert.Equal(
            new NodeOptions
            {
                Listen = "127.0.0.1:3", Data = "/environment", Advertise = "http://file:1", PassivateAfter = 11,
            },
            Started);
        Assert.Equal("INFO", Akka!.GetString("akka.loglevel"));
    }

    [Fact]
    public async Task Every_setting_has_an_option()
    {
        Assert.Equal(42, await RunAsync(
            "--listen 0.0.0.0:1 --advertise http://a:1 --data /d --journal postgres://u:p@h:1/d --remote 0.0.0.0:2 "
            + "--remote-bind 0.0.0.0:4 --seed-nodes a:1,b:2 --insecure --passivate-after 5 --web 0.0.0.0:3 "
            + "--log json"));
        Assert.Equal(
            new NodeOptions
            {
                Listen = "0.0.0.0:1", Advertise = "http://a:1", Data = "/d", Journal = "postgres://u:p@h:1/d",
                Remote = "0.0.0.0:2", RemoteBind = "0.0.0.0:4", SeedNodes = "a:1,b:2", Insecure = true,
                PassivateAfter = 5, Web = "0.0.0.0:3", Log = "json",
            },
            Started);
        Assert.Equal(["a:1", "b:2"], Started!.Seeds);
    }

    [Theory]
    [InlineData("", "", "127.0.0.1:6210")]
    [InlineData("10.0.0.1:5310", "", "127.0.0.1:6310")]
    [InlineData("127.0.0.1:0", "", null)]
    [InlineData("127.0.0.1:65000", "", null)]
    [InlineData("127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0")]
    [InlineData("127.0.0.1:1", "[::1]:2", "[::1]:2")]
    [InlineData("127.0.0.1:1", "none", null)]
    public void The_web_endpoint_is_beside_the_gateway_by_default(string listen, string web, string? address)
    {
        var options = new NodeOptions { Web = web };
        if (listen.Length > 0) options = options with { Listen = listen };
        Assert.Equal(address, options.WebAddress?.ToString());
    }

    [Theory]
    [InlineData("--health --listen 127.0.0.1:1", "http://127.0.0.1:1001/healthz/ready does not answer")]
    [InlineData("--health http://127.0.0.1:1", "http://127.0.0.1:1/healthz/ready does not answer")]
    [InlineData("--health --web none", "health: the node has no web endpoint")]
    [InlineData("--health nowhere", "health: 'nowhere' is not an address")]
    public async Task A_node_that_cannot_be_asked_is_not_ready(string line, string said)
    {
        Assert.Equal(1, await RunAsync(line));
        IsRefused([said]);
    }

    [Fact]
    public async Task Help_lists_every_setting_and_hides_the_benchmark()
    {
        Assert.Equal(0, await RunAsync("--help"));
        Assert.Null(Started);
        var help = Output.ToString();
        Assert.All(SettingsFile.Names, name => Assert.Contains($"--{name}", help, StringComparison.Ordinal));
        Assert.Contains("--config", help, StringComparison.Ordinal);
        Assert.Contains(new NodeOptions().Listen, help, StringComparison.Ordinal);
        Assert.Contains("(bare frames and gRPC)", help, StringComparison.Ordinal);
        Assert.DoesNotContain("benchmark", help, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "", 1_000)]
    [InlineData("down-removal-margin = 750ms", "", 750)]
    [InlineData("split-brain-resolver.stable-after = 9s", "", 1_000)]
    [InlineData("split-brain-resolver.active-strategy = keep-oldest", "", 5_000)]
    [InlineData("split-brain-resolver.active-strategy = keep-oldest", "--profile fast", 2_000)]
    [InlineData("split-brain-resolver { active-strategy = keep-oldest, stable-after = 800ms }", "", 1_000)]
    [InlineData("split-brain-resolver.keep-majority.role = front", "", 5_000)]
    [InlineData("{ split-brain-resolver.active-strategy=down-all, down-removal-margin = 3s }", "--profile fast", 3_000)]
    public async Task The_removal_margin_covers_the_lease_of_a_dead_node(string text, string line, int marginMs)
    {
        WriteFile(text.StartsWith('{') ? $"akka.cluster {text}" : text.Length > 0 ? $"akka.cluster.{text}" : "");
        Assert.Equal(42, await RunAsync($"--config {ConfigFile} {line}"));
        var told = AkkaSettings.Effective(Started!, Akka!, null);
        Assert.Equal(marginMs, told.GetTimeSpan("akka.cluster.down-removal-margin").TotalMilliseconds);
    }

    [Theory]
    [InlineData("akka.cluster.failure-detector { threshold = 12, acceptable-heartbeat-pause = 0s }")]
    [InlineData("akka.cluster.sharding.rebalance-interval = 300 days")]
    [InlineData("akka.cluster.split-brain-resolver.down-all-when-unstable = off")]
    [InlineData("akka.cluster.split-brain-resolver.down-all-when-unstable = 6s")]
    [InlineData("akka.cluster.split-brain-resolver { active-strategy = static-quorum, static-quorum.quorum-size = 2 }")]
    [InlineData("akka.cluster.split-brain-resolver { active-strategy = keep-oldest, stable-after = 7s }")]
    [InlineData("akka.cluster.downing-provider-class = \"Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster\"")]
    [InlineData("akka.cluster.split-brain-resolver.keep-oldest.down-if-alone = off")]
    [InlineData("akka.cluster.downing-provider-class = \"\"")]
    [InlineData("akka.remote.dot-netty.tcp { send-buffer-size = 2 MiB, connection-timeout = 5s }")]
    public async Task A_setting_that_Akka_accepts_is_accepted(string text)
    {
        WriteFile(text);
        Assert.Equal(42, await RunAsync($"--config {ConfigFile}"));
    }

    [Theory]
    [InlineData("postgres://u:p%40ss@h:1/d%20b")]
    [InlineData("postgresql://[::1]/d")]
    [InlineData("postgres://u:p@h/d?sslmode=require&timeout=5&application_name=ipc")]
    [InlineData("Host=h;Username=u;Database=d")]
    [InlineData("postgres://u:p@a:5432,b,[::1]:5433/d?target_session_attrs=any")]
    [InlineData("Host=a,b:5433;Username=u;Database=d")]
    public async Task A_database_may_be_named_in_several_ways(string journal)
    {
        Variables["IPC_NODE_JOURNAL"] = journal;
        Assert.Equal(42, await RunAsync(""));
    }
}
