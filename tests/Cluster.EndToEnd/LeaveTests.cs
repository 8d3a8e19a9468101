using System.Net;
using System.Net.Sockets;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>Whoever asks a node that leaves whether it is ready hears no before it finds a closed door.</summary>
public sealed class LeaveTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task A_node_that_leaves_is_not_ready_before_its_gateway_closes()
    {
        var (web, first) = ($"127.0.0.1:{NodeProcess.FreePort()}", $"127.0.0.1:{NodeProcess.FreePort()}");
        var folder = Directory.CreateTempSubdirectory("ipc-leave-").FullName;
        var journal = $"sqlite:{Path.Combine(folder, "journal.db")}";
        var second = $"127.0.0.1:{NodeProcess.FreePort()}";
        await using (var stays = await NodeProcess.StartAsync("--journal", journal, "--remote", first, "--seed-nodes", first))
        await using (var leaves = await NodeProcess.StartAsync(
            "--journal", journal, "--remote", second, "--seed-nodes", first, "--web", web))
        {
            using var http = new HttpClient { Timeout = Patience };
            var ready = $"http://{web}/healthz/ready";
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(ready)).StatusCode);
            var order = CliProcess.RunAsync(stays.Address, "--uid", "0", "cluster", "leave", second);
            var answer = await http.GetAsync(ready);
            while (answer.StatusCode == HttpStatusCode.OK) answer = await http.GetAsync(ready);
            using (var door = new TcpClient())
            {
                var gateway = new Uri(leaves.Address);
                await door.ConnectAsync(gateway.Host, gateway.Port);
            }

            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Contains("\"ready\":false", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Equal(0, (await order).ExitCode);
            Assert.Equal(0, await leaves.EndsAsync());
        }

        Directory.Delete(folder, recursive: true);
    }
}
