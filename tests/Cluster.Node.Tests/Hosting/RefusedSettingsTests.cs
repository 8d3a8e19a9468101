using Cluster.Node.Settings;

namespace Cluster.Node.Tests.Hosting;

/// <summary>The command line: with which settings a node refuses to start, and what it says.</summary>
public sealed class RefusedSettingsTests : NodeCommandRun
{
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
        Assert.Equal(2, await RunAsync($"--config {ConfigFile}"));
        IsRefused([ConfigFile, .. said]);
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
        Assert.Equal(2, await RunAsync($"--config {ConfigFile}"));
        var name = said.StartsWith('\'') || said.StartsWith("is not", StringComparison.Ordinal)
            ? text.Split(' ')[0]
            : "failure-detector";
        IsRefused([ConfigFile, $"akka.cluster.{name}", said]);
    }

    [Theory]
    [InlineData("loglevel")]
    [InlineData("stdout-loglevel")]
    public async Task A_log_level_that_Akka_does_not_have_is_refused(string name)
    {
        WriteFile($"akka.{name} = LOUD");
        Assert.Equal(2, await RunAsync($"--config {ConfigFile}"));
        IsRefused([$"akka.{name}: there is no 'LOUD': there are OFF, ERROR, WARNING, INFO, DEBUG"]);
        Error.GetStringBuilder().Clear();
        WriteFile($"akka.{name} = info");
        Assert.Equal(42, await RunAsync($"--config {ConfigFile}"));
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
        Variables[name] = value;
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
        Assert.Equal("", Output.ToString());
        Assert.DoesNotContain("System.", Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_reason_of_a_failed_start_is_one_line_without_a_stack_trace()
    {
        Failure = new StartException("cannot listen on 127.0.0.1:1: address already in use");
        Assert.Equal(1, await RunAsync(""));
        Assert.Equal("cluster-node: cannot listen on 127.0.0.1:1: address already in use\n", Error.ToString());
        Error.GetStringBuilder().Clear();
        Failure = new AggregateException(new FormatException("'x' is no port"));
        Assert.Equal(1, await RunAsync(""));
        Assert.Equal("cluster-node: cannot start: 'x' is no port (FormatException)\n", Error.ToString());
    }
}
