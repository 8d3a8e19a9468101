using System.CommandLine;
using Cluster.Cli.Experiments;
using Cluster.Cli.Failures;
using Cluster.Lab.Experiments;

namespace Cluster.Cli.Tests;

/// <summary>The command line of ipc lab.</summary>
public sealed class LabCommandTests
{
    [Fact]
    public void Options_come_from_the_command_line()
    {
        var options = Read(
            "--seed 5 --seconds 30 --nodes 5 --journal sqlite --profile fast --rate 800 --clients 4 --parked 0 "
            + "--out /tmp/x --keep --node-path /opt/cluster-node.dll");
        Assert.Equal(
            new ExperimentOptions
            {
                Kind = ExperimentKind.Pause, Seed = 5, Duration = TimeSpan.FromSeconds(30), Nodes = 5,
                Journal = "sqlite", Profile = "fast", CallsPerSecond = 800, Clients = 4, Parked = 0,
                Out = "/tmp/x", Keep = true, NodePath = "/opt/cluster-node.dll",
            },
            options);
        Assert.Equal(TimeSpan.FromSeconds(8), options.Silence);
    }

    [Fact]
    public void Defaults_are_the_documented_ones_and_the_seed_is_random()
    {
        var options = Read("");
        Assert.Equal((3, "default", 500.0, 12, 50), (
            options.Nodes, options.Profile, options.CallsPerSecond, options.Clients, options.Parked));
        Assert.Null(options.Journal);
        Assert.EndsWith($"/lab/pause-{options.Seed}", options.Out);
        Assert.Contains(Enumerable.Range(0, 20), _ => Read("").Seed != options.Seed);
    }

    [Theory]
    [InlineData("lab failover --nodes 1", "--nodes: '1' is not a number from 2 to 9")]
    [InlineData(
        "lab pause --nodes 2", "--nodes: pause needs 3 nodes at least: only a majority gives up a node that is silent")]
    [InlineData("lab partition --nodes 2", "--nodes: partition needs 3 nodes at least")]
    [InlineData("lab pause --cluster h:1,h:2 --via docker", "--cluster: pause needs 3 nodes at least")]
    [InlineData("lab pause --seed x", "--seed: 'x' is not a number")]
    [InlineData("lab pause --seconds 1", "--seconds: '1' is not a number of seconds, from 5 to 3600")]
    [InlineData("lab rolling --profile slow", "--profile: 'slow' is not default or fast")]
    [InlineData("lab rolling --seconds 3600", "--seconds, --rate: 3600 s at 500 calls/s are more than the 800000 calls")]
    [InlineData("lab rolling --cluster h:1,h:2 --via docker --nodes 2", "--nodes: a cluster that is there has as many")]
    [InlineData("lab rolling --journal mysql", "--journal: 'mysql' is not sqlite, postgres or postgres://USER")]
    [InlineData("lab rolling --journal postgres:///d", "--journal: 'postgres:///d' is not sqlite, postgres or")]
    [InlineData("lab journal --journal postgres://h/d", "--journal: this experiment kills the journal")]
    [InlineData("lab asymmetric --nodes 2", "--nodes: asymmetric needs 3 nodes at least")]
    [InlineData("lab disk --journal postgres://h/d", "--journal: this experiment makes the disk of the journal")]
    [InlineData("lab clock --cluster h:1,h:2 --via docker", "--cluster: clock starts its own nodes")]
    [InlineData("lab failover --via docker", "--via, --containers and --journal-container go with --cluster")]
    [InlineData("lab failover --cluster h:1,h:2", "--cluster: say how its nodes are hurt: --via docker")]
    [InlineData("lab failover --cluster h:1 --via docker", "--cluster: the gateways of two nodes at least are needed")]
    [InlineData("lab failover --cluster h:1,h:2 --via docker --containers a", "--containers: as many are needed")]
    [InlineData("lab failover --cluster h:1,h:2 --via docker --journal sqlite", "a cluster that is there has its own")]
    [InlineData("lab failover --cluster h:1,ftp://h --via docker", "--cluster: 'ftp://h' is not an address")]
    [InlineData("lab failover --cluster h:1,h:2 --via ssh", "--via: 'ssh' is not docker")]
    [InlineData("lab earthquake", "unknown command or argument 'earthquake'")]
    public async Task Contradictory_options_are_a_usage_error(string line, string message)
    {
        var tool = new Tool();
        Assert.Equal(ExitCodes.Usage, await tool.RunAsync(line));
        Assert.Contains(message, tool.Error);
    }

    [Fact]
    public void An_existing_cluster_has_one_node_per_address()
    {
        var options = Read("--cluster h:1,http://h:2,h:3 --via docker --containers a,b,c --journal-container db");
        Assert.Equal(["http://h:1", "http://h:2", "http://h:3"], options.Cluster);
        Assert.Equal(["a", "b", "c"], options.Containers);
        Assert.Equal((3, "db"), (options.Nodes, options.JournalContainer));
    }

    [Fact]
    public async Task An_experiment_without_a_node_program_is_an_error()
    {
        var tool = new Tool();
        Assert.Equal(ExitCodes.Unreachable, await tool.RunAsync("lab failover --node-path /nowhere/cluster-node.dll"));
        Assert.Contains(
            "/nowhere/cluster-node.dll is not there: build src/Cluster.Node, or use --node-path", tool.Error);
        Assert.Equal("", tool.Output);
    }

    private static ExperimentOptions Read(string line)
    {
        var command = new Command("pause");
        var arguments = new LabArguments();
        arguments.AddTo(command, ExperimentKind.Failover);
        var parsed = command.Parse(line);
        Assert.Empty(parsed.Errors);
        return arguments.Read(parsed, ExperimentKind.Pause);
    }
}
