using System.Collections;
using System.CommandLine;
using Akka.Configuration;
using Cluster.Node.Hosting;
using Cluster.Node.Settings;

namespace Cluster.Node.Tests.Hosting;

/// <summary>The command line: which settings a node starts with, and with which it refuses to start.</summary>
public sealed class NodeCommandTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();
    private readonly Hashtable _environment = [];
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private NodeOptions? _started;
    private Config? _akka;
    private Exception? _failure;

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task Without_settings_the_defaults_hold()
    {
        Assert.Equal(42, await RunAsync(""));
        Assert.Equal(new NodeOptions(), _started);
        Assert.Equal("", _error.ToString());
    }

    [Fact]
    public async Task File_environment_and_command_line_override_each_other_in_this_order()
    {
        WriteFile("""
            ipc { listen = "127.0.0.1:1", data = /file, advertise = "http://file:1", passivate-after = 11 }
            akka.loglevel = INFO
            """);
        _environment["IPC_NODE_LISTEN"] = "127.0.0.1:2";
        _environment["IPC_NODE_DATA"] = "/environment";
        _environment["IPC_CONNECT"] = "http://the.client.s:1";
        Assert.Equal(42, await RunAsync($"--config {_file} --listen 127.0.0.1:3"));
        Assert.Equal(
            new NodeOptions
            {
                Listen = "127.0.0.1:3", Data = "/environment", Advertise = "http://file:1", PassivateAfter = 11,
            },
            _started);
        Assert.Equal("INFO", _akka!.GetString("akka.loglevel"));
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
            _started);
        Assert.Equal(["a:1", "b:2"], _started!.Seeds);
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
        Assert.Null(_started);
        var help = _output.ToString();
        Assert.All(SettingsFile.Names, name => Assert.Contains($"--{name}", help, StringComparison.Ordinal));
        Assert.Contains("--config", help, StringComparison.Ordinal);
        Assert.Contains(new NodeOptions().Listen, help, StringComparison.Ordinal);
        Assert.Contains("(bare frames and gRPC)", help, StringComparison.Ordinal);
        Assert.DoesNotContain("benchmark", help, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--listen nowhere", "listen: 'nowhere' is neither HOST:PORT, such as 127.0.0.1:5210, nor unix:PATH")]
    [InlineData("--listen unix:relative", "listen: 'unix:relative' is neither HOST:PORT")]
    [InlineData("--listen 127.0.0.1:1,127.0.0.1:2", "has more than one address and one Unix socket")]
    [InlineData("--tls-certificate a.pem", "tls-key: it is missing")]
    [InlineData("--tls-key a.key", "tls-certificate: it is missing")]
    [InlineData("--tls-authority a.pem", "tls-authority: it needs tls-certificate")]
    [InlineData("--tls-certificate a --tls-key b --tls-revoked c", "tls-revoked: it needs tls-authority")]
    [InlineData("--tls-certificate a --tls-key b", "tls-authority: nobody could call this node", "--policy with tokens")]
    [InlineData("--trust-loopback perhaps", "trust-loopback: 'perhaps' is neither on nor off")]
    [InlineData("--trust-loopback off", "nobody could call this node")]
    [InlineData("--listen 0.0.0.0:1 --insecure --trust-loopback on", "trust-loopback: 0.0.0.0:1 can be reached")]
    [InlineData("--listen 127.0.0.1:65536", "listen: '127.0.0.1:65536'")]
    [InlineData("--remote :1", "remote: ':1' is not HOST:PORT")]
    [InlineData("--remote-bind 4053", "remote-bind: '4053' is not HOST:PORT")]
    [InlineData("--remote-bind 0.0.0.0:4053", "remote: 0.0.0.0:4053 can be reached from other machines")]
    [InlineData("--seed-nodes a:1,b", "seed-nodes: 'b' is not HOST:PORT")]
    [InlineData("--seed-nodes a:1,,b:2", "seed-nodes: an entry of 'a:1,,b:2' is empty")]
    [InlineData("--seed-nodes 127.0.0.1:0", "seed-nodes: '127.0.0.1:0' cannot be joined: a port is 1 to 65535")]
    [InlineData("--role a,,b", "role: '' in 'a,,b' has to be letters, digits, - and _")]
    [InlineData("--listen 0.0.0.0:5210", "listen: 0.0.0.0:5210 can be reached from other machines", "--insecure")]
    [InlineData("--listen [::]:5210", "listen: [::]:5210 can be reached", "listen on 127.0.0.1")]
    [InlineData("--listen example.org:5210", "listen: example.org:5210 can be reached", "--insecure")]
    [InlineData("--remote 10.0.0.1:1", "remote: 10.0.0.1:1 can be reached", "--insecure")]
    [InlineData("--web nowhere", "web: 'nowhere' is not HOST:PORT")]
    [InlineData("--web 0.0.0.0:1", "web: 0.0.0.0:1 can be reached from other machines", "--insecure")]
    [InlineData("--jwt-keys k", "jwt-keys: jwt-keys, jwt-issuer and jwt-audience come together")]
    [InlineData("--audit file", "audit: 'file' is neither none nor log, nor file: and an absolute path")]
    [InlineData("--log xml", "log: there is no 'xml': it is line or json")]
    [InlineData("--passivate-after 0", "passivate-after: 0 is not a number of seconds from 1 to 2147483647")]
    [InlineData(
        "--tls-certificate a --tls-key b --tls-authority c --advertise http://node1:1",
        "advertise: 'http://node1:1' says that the node speaks in clear")]
    [InlineData("--advertise node1", "advertise: 'node1' is not an address such as http://node1:5210")]
    [InlineData("--advertise ftp://x", "advertise: 'ftp://x' is not an address such as http://node1:5210")]
    [InlineData("--advertise node1:5210", "advertise: 'node1:5210' is not an address such as http://node1:5210")]
    [InlineData(
        "--journal mysql://h/d", "journal: it has to be sqlite, sqlite:FILE or postgres://",
        "the scheme is not postgres")]
    [InlineData("--journal postgres://", "journal: it has to be sqlite,", "(the host is missing)")]
    [InlineData("--journal postgres://:5432/d", "(the host is missing)")]
    [InlineData("--journal postgres://u:p@/d", "(the host is missing)")]
    [InlineData("--journal postgres://h:99999/d", "(the port is not a number from 1 to 65535)")]
    [InlineData("--journal postgres://a,b:x/d", "(the port is not a number from 1 to 65535)")]
    [InlineData("--journal postgres://a,,b/d", "(the host is missing)")]
    [InlineData("--journal postgres://h:x/d", "(the port is not a number from 1 to 65535)")]
    [InlineData("--journal postgres://h:0/d", "(the port is not a number from 1 to 65535)")]
    [InlineData("--journal postgres://[::1]:x/d", "(the port is not a number from 1 to 65535)")]
    [InlineData("--journal postgres://u:p@h:5432", "(the database is missing)")]
    [InlineData("--journal postgres://h/", "(the database is missing)")]
    [InlineData("--journal postgres://u:p@h/d?x=y", "('x' in its query is no setting of a connection of Npgsql)")]
    [InlineData("--journal postgres://u:p@h/d?sslmode=secret", "('sslmode' in its query cannot have that value)")]
    [InlineData("--journal foo", "journal: it has to be sqlite, sqlite:FILE or", "(it begins with none of these)")]
    [InlineData("--journal foo=bar", "(it is no connection string of Npgsql either, such as Host=h;Username=u;")]
    [InlineData("--journal Host=h;Port=x", "(it is no connection string of Npgsql either, such as Host=h;Username=u;")]
    [InlineData("--journal Host=h", "(the database is missing)")]
    [InlineData("--journal Database=d", "(the host is missing)")]
    [InlineData("--journal Host=h;Port=99999;Database=d", "(the port is not a number from 1 to 65535)")]
    [InlineData("--config /does/not/exist", "config: cannot read /does/not/exist")]
    public async Task A_wrong_option_is_named_and_the_node_does_not_start(string line, params string[] said)
    {
        Assert.Equal(2, await RunAsync(line));
        IsRefused(said);
    }

    [Theory]
    [InlineData("--seed-nodes", "seed-nodes: it is empty")]
    [InlineData("--role", "role: '' in ''")]
    public async Task An_unset_variable_is_not_an_empty_list(string option, string said)
    {
        Assert.Equal(2, await RunAsync([option, ""]));
        IsRefused([said]);
    }

    [Theory]
    [InlineData("ipc.lisen = x", "'lisen' in section 'ipc' is no setting", "there are: listen, advertise")]
    [InlineData("ipc.insecure = maybe", "insecure: 'maybe' is neither on nor off")]
    [InlineData("ipc.passivate-after = soon", "passivate-after: 'soon' is not a number of seconds from 1 to 21474")]
    [InlineData("ipc.line-port = 99999999999", "line-port: '99999999999' is not a port from 0 to 65535")]
    [InlineData("ipc.listen { host = x }", "'listen' in section 'ipc' has to be one value")]
    [InlineData("ipc.seed-nodes = [\"a:1\"]", "'seed-nodes' in section 'ipc' has to be one value")]
    [InlineData("listen = x", "there is no section 'listen'", "'ipc'")]
    [InlineData("ipc = 5", "'ipc' is a section")]
    [InlineData("ipc { listen = ${nowhere} }", "config: cannot read")]
    [InlineData("ipc { listen = ", "line 1: 'listen' has no value")]
    [InlineData("ipc { listen }", "line 1: 'listen' has no value")]
    [InlineData("ipc { listen = null }", "'listen' in section 'ipc' has no value")]
    [InlineData(
        "akka.cluster.split-brain-resolver.active-strategy = nonsense",
        "active-strategy: there is no 'nonsense': there are keep-majority, static-quorum,")]
    [InlineData(
        "akka.cluster.split-brain-resolver.active-strategy = static-quorum",
        "quorum-size: a number of nodes from 1 is needed")]
    [InlineData(
        "akka.cluster.split-brain-resolver.stable-after = soon",
        "stable-after: 'soon' is not a time such as 5s")]
    [InlineData(
        "akka.cluster.downing-provider-class = \"No.Such, Thing\"",
        "downing-provider-class: 'No.Such, Thing' is not the class of a downing provider")]
    [InlineData(
        "akka.cluster.downing-provider-class = \"System.String\"",
        "downing-provider-class: 'System.String' is not the class")]
    [InlineData(
        "akka.cluster.split-brain-resolver.active-strategy = lease-majority",
        "there is no 'lease-majority': there are keep-majority, static-quorum, keep-oldest, down-all")]
    [InlineData("akka.cluster.down-removal-margin = 749ms", "'749ms' has to be at least 750ms")]
    [InlineData("akka.cluster.down-removal-margin = off", "'off' has to be at least 750ms")]
    [InlineData("akka.cluster.down-removal-margin = soon", "'soon' is not a time such as 5s")]
    [InlineData(
        "akka.cluster { split-brain-resolver.active-strategy = keep-oldest, down-removal-margin = 4s }",
        "akka.cluster.down-removal-margin: '4s' has to be at least akka.cluster.split-brain-resolver.stable-after, ",
        "which is '5s'")]
    [InlineData(
        "akka.cluster { split-brain-resolver.keep-majority.role = front, down-removal-margin = 1s }",
        "akka.cluster.down-removal-margin: '1s' has to be at least", "which is '5s'")]
    [InlineData(
        "akka.cluster.split-brain-resolver { active-strategy = down-all, stable-after = 9s }\n"
            + "akka.cluster.down-removal-margin = 8s",
        "'8s' has to be at least akka.cluster.split-brain-resolver.stable-after, which is '9s'")]
    [InlineData("akka.cluster.roles = [front]", "akka.cluster.roles: ", "use ipc.role (--role)")]
    [InlineData(
        "akka.actor.serializers.any = \"Any, Any\"", "akka.actor.serializers: ", "the product's messages and Akka's own")]
    [InlineData("akka { cluster { roles = [] } }", "akka.cluster.roles: ", "use ipc.role (--role)")]
    [InlineData("akka.cluster.seed-nodes = [a]", "akka.cluster.seed-nodes: ", "use ipc.seed-nodes (--seed-nodes)")]
    [InlineData("akka.remote.dot-netty.tcp.hostname = 0.0.0.0", "tcp.hostname: ", "--remote-bind")]
    [InlineData("akka.remote { dot-netty.tcp { port = 5 } }", "tcp.port: ", "ipc.remote (--remote)")]
    [InlineData("akka.remote.dot-netty.tcp.public-hostname = a", "tcp.public-hostname: ", "ipc.remote (--remote)")]
    [InlineData("akka.remote.dot-netty.tcp.public-port = 5", "tcp.public-port: ", "ipc.remote (--remote)")]
    [InlineData("akka = 5", "akka is a section, and not '5'")]
    [InlineData("akka.cluster = off", "akka.cluster is a section, and not 'off'")]
    [InlineData(
        "akka.cluster.split-brain-resolver = off", "akka.cluster.split-brain-resolver is a section, and not 'off'")]
    [InlineData("ipc {\n  listen = \"127.0.0.1:1\"\n", "line 1: '{' is not closed")]
    public async Task A_wrong_line_of_the_file_is_named_and_the_node_does_not_start(string text, params string[] said)
    {
        WriteFile(text);
        Assert.Equal(2, await RunAsync($"--config {_file}"));
        IsRefused([_file, .. said]);
    }

    [Theory]
    [InlineData("failure-detector.acceptable-heartbeat-pause = x", "'x' is not a time such as 5s, or 0s")]
    [InlineData("failure-detector.heartbeat-interval = 0s", "'0s' is not a time such as 5s")]
    [InlineData("failure-detector.threshold = 0", "'0' is not a number above 0, such as 8.0")]
    [InlineData("failure-detector.threshold = high", "'high' is not a number above 0, such as 8.0")]
    [InlineData("failure-detector.max-sample-size = 1.5", "'1.5' is not a whole number from 1")]
    [InlineData("failure-detector.implementation-class = \"System.String\"", "is not the class of a failure detector")]
    [InlineData("failure-detector.treshold = 8.0", "there is no 'treshold': there are heartbeat-interval, acc")]
    [InlineData("failure-detector = fast", "is a section")]
    [InlineData("sharding.rebalance-interval = soon", "'soon' is not a time such as 5s")]
    [InlineData("gossip-interval = never", "'never' is not a time such as 5s")]
    [InlineData("split-brain-resolver.keep-oldest.down-if-alone = maybe", "'maybe' is neither on nor off")]
    [InlineData(
        "split-brain-resolver.down-all-when-unstable = maybe", "'maybe' is not a time such as 5s, nor on or off")]
    public async Task A_wrong_setting_of_the_cluster_is_named_and_the_node_does_not_start(string text, string said)
    {
        WriteFile($"akka.cluster.{text}");
        Assert.Equal(2, await RunAsync($"--config {_file}"));
        var name = said.StartsWith('\'') || said.StartsWith("is not", StringComparison.Ordinal)
            ? text.Split(' ')[0]
            : "failure-detector";
        IsRefused([_file, $"akka.cluster.{name}", said]);
    }

    [Theory]
    [InlineData("loglevel")]
    [InlineData("stdout-loglevel")]
    public async Task A_log_level_that_Akka_does_not_have_is_refused(string name)
    {
        WriteFile($"akka.{name} = LOUD");
        Assert.Equal(2, await RunAsync($"--config {_file}"));
        IsRefused([$"akka.{name}: there is no 'LOUD': there are OFF, ERROR, WARNING, INFO, DEBUG"]);
        _error.GetStringBuilder().Clear();
        WriteFile($"akka.{name} = info");
        Assert.Equal(42, await RunAsync($"--config {_file}"));
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
        Assert.Equal(42, await RunAsync($"--config {_file} {line}"));
        var told = AkkaSettings.Effective(_started!, _akka!, null);
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
        Assert.Equal(42, await RunAsync($"--config {_file}"));
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
        _environment["IPC_NODE_JOURNAL"] = journal;
        Assert.Equal(42, await RunAsync(""));
    }

    [Theory]
    [InlineData("IPC_NODE_LISEN", "x", "IPC_NODE_LISEN is no setting", "there are: listen")]
    [InlineData("IPC_NODE_INSECURE", "", "insecure: '' is neither on nor off")]
    [InlineData("IPC_NODE_PASSIVATE_AFTER", "1.5", "passivate-after: '1.5' is not a number")]
    [InlineData("IPC_NODE_SEED_NODES", "", "seed-nodes: it is empty")]
    [InlineData("IPC_NODE_ROLE", " ", "role: '' in ' ' has to be")]
    [InlineData("IPC_NODE_DATA", "", "data: the path of a directory is needed")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "nonsense", "OTEL_EXPORTER_OTLP_ENDPOINT: 'nonsense' is not an address")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "unix:/x", "OTEL_EXPORTER_OTLP_ENDPOINT: 'unix:/x' is not an address")]
    public async Task A_wrong_variable_is_named_and_the_node_does_not_start(
        string name, string value, params string[] said)
    {
        _environment[name] = value;
        Assert.Equal(2, await RunAsync(""));
        IsRefused(said);
    }

    [Theory]
    [InlineData("--lisen 127.0.0.1:1", "unknown option or argument '--lisen'", "--help")]
    [InlineData("start", "unknown option or argument 'start'", "--help")]
    [InlineData("@file", "unknown option or argument '@file'", "--help")]
    [InlineData("--passivate-after soon", "--passivate-after: 'soon' is not a number of seconds from 1 to", "--help")]
    [InlineData("--line-port abc", "--line-port: 'abc' is not a port from 0 to 65535;", "--help")]
    [InlineData("--line-port 99999999999", "--line-port: '99999999999' is not a port from 0 to 65535;", "--help")]
    [InlineData("--passivate-after 99999999999", "'99999999999' is not a number of seconds from 1 to 2147483647;")]
    [InlineData("--insecure=maybe", "unknown option or argument 'maybe'", "--help")]
    [InlineData("--listen", "--listen", "--help")]
    public async Task An_unknown_option_and_a_malformed_one_are_named_in_one_line(string line, params string[] said)
    {
        Assert.Equal(2, await RunAsync(line));
        IsRefused(said);
        Assert.Equal("", _output.ToString());
        Assert.DoesNotContain("System.", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_reason_of_a_failed_start_is_one_line_without_a_stack_trace()
    {
        _failure = new StartException("cannot listen on 127.0.0.1:1: address already in use");
        Assert.Equal(1, await RunAsync(""));
        Assert.Equal("cluster-node: cannot listen on 127.0.0.1:1: address already in use\n", _error.ToString());
        _error.GetStringBuilder().Clear();
        _failure = new AggregateException(new FormatException("'x' is no port"));
        Assert.Equal(1, await RunAsync(""));
        Assert.Equal("cluster-node: cannot start: 'x' is no port (FormatException)\n", _error.ToString());
    }

    private void WriteFile(string text) => File.WriteAllText(_file, text);

    private Task<int> RunAsync(string line) =>
        RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private Task<int> RunAsync(string[] words)
    {
        var command = NodeCommand.Create(
            (options, file, _) =>
            {
                (_started, _akka) = (options, file);
                if (_failure is not null) throw _failure;
                return Task.FromResult(42);
            },
            _environment);
        return NodeCommand.RunAsync(
            command,
            words,
            new InvocationConfiguration { Output = _output, Error = _error });
    }

    private void IsRefused(string[] said)
    {
        Assert.Null(_started);
        var line = Assert.Single(_error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("cluster-node: ", line, StringComparison.Ordinal);
        Assert.All(said, each => Assert.Contains(each, line, StringComparison.Ordinal));
    }
}
