using System.Net;
using System.Net.Sockets;
using Cluster.Lab.Experiments;
using Cluster.Lab.Experiments.Journals;

namespace Cluster.Lab.Tests.Experiments;

/// <summary>A database that the experiment did not make.</summary>
public sealed class GivenPostgresTests
{
    [Fact]
    public async Task The_error_names_a_server_that_does_not_answer()
    {
        using var taken = new Socket(SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // no listener, and no other program can bind the port
        var at = $"127.0.0.1:{((IPEndPoint)taken.LocalEndPoint!).Port}";
        var refused = await Assert.ThrowsAsync<ExperimentException>(
            () => new GivenPostgres($"postgres://u:secret@{at}/d").OpenAsync());
        Assert.StartsWith($"--journal: no server at {at}: Connection refused", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_answers_is_accepted()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        await new GivenPostgres($"postgres://u@{server.LocalEndpoint}/d").OpenAsync();
    }
}
