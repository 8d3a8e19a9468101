using System.Net;
using System.Net.Sockets;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>A node that cannot start says why in one line, and leaves nothing behind.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task A_data_directory_belongs_to_one_node_until_it_is_dead()
    {
        await using var node = await NodeProcess.StartAsync();
        var second = await NodeProcess.RunAsync("--data", node.Data, "--listen", "127.0.0.1:0");
        Assert.Equal((1, ""), (second.ExitCode, second.Output));
        Assert.StartsWith(
            $"cluster-node: data: {node.Data} is in use by another node (pid ",
            Line(second.Error),
            StringComparison.Ordinal);
        Assert.Contains("--data", second.Error, StringComparison.Ordinal);
        await node.KillAsync();
        await node.RestartAsync();
    }

    [Theory]
    [InlineData("listen")]
    [InlineData("remote")]
    [InlineData("web")]
    [InlineData("line-port")]
    public async Task The_error_names_a_port_in_use_and_the_node_leaves_no_files(string setting)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var data = Path.Combine(Path.GetTempPath(), $"ipc-node-{Guid.NewGuid():N}");
        var other = setting == "listen" ? "remote" : "listen";
        var address = (IPEndPoint)taken.LocalEndpoint;
        var run = await NodeProcess.RunAsync(
            "--data", data, $"--{other}", "127.0.0.1:0",
            $"--{setting}", setting == "line-port" ? $"{address.Port}" : $"{address}");
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Equal(
            $"cluster-node: cannot listen on {address}: address already in use: stop what listens there, "
            + $"or choose another port with --{setting}",
            Line(run.Error));
        Assert.False(Directory.Exists(data));
    }

    [Theory]
    [InlineData("data")]
    [InlineData("journal")]
    public async Task A_file_that_is_no_journal_ends_the_node_with_a_line(string setting)
    {
        var folder = Directory.CreateTempSubdirectory("ipc-node-").FullName;
        try
        {
            var file = Path.Combine(folder, "journal.db");
            await File.WriteAllTextAsync(file, new string('x', 5_000));
            string[] journal = setting == "journal" ? ["--journal", $"sqlite:{file}"] : [];
            var run = await NodeProcess.RunAsync(["--data", folder, "--listen", "127.0.0.1:0", .. journal]);
            Assert.Equal((1, ""), (run.ExitCode, run.Output));
            Assert.Equal(
                $"cluster-node: {setting}: {file} cannot be the journal: it is something else than a SQLite file: "
                + "give the path of one, or of none that exists",
                Line(run.Error));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_setting_that_akka_refuses_gives_no_stack_trace()
    {
        var folder = Directory.CreateTempSubdirectory("ipc-node-").FullName;
        try
        {
            var file = Path.Combine(folder, "node.conf");
            await File.WriteAllTextAsync(file, "akka.remote.dot-netty.tcp.maximum-frame-size = x");
            var run = await NodeProcess.RunAsync("--data", folder, "--listen", "127.0.0.1:0", "--config", file);
            Assert.Equal(1, run.ExitCode);
            Assert.Contains("cluster-node: cannot start: ", run.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", run.Output + run.Error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Line(string text) => Assert.Single(text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
}
