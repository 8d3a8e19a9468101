using System.Net.Sockets;

namespace Cluster.Lab.Experiments.Journals;

/// <summary>A database that exists already. The experiment does not kill it.</summary>
internal sealed class GivenPostgres(string url) : ILabJournal
{
    private const int DefaultPort = 5432;
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(5);

    public string Name => "postgres://";

    public string Setting => url;

    // A node waits for a server that does not answer yet. An experiment fails at once instead.
    public async Task OpenAsync()
    {
        var uri = new Uri(url);
        var port = uri.Port > 0 ? uri.Port : DefaultPort;
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var enough = new CancellationTokenSource(AnswersWithin);
        try
        {
            await socket.ConnectAsync(uri.Host, port, enough.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            var reason = exception is SocketException refused
                ? refused.Message
                : $"no answer within {AnswersWithin.TotalSeconds} s";
            throw new ExperimentException(
                $"--journal: no server at {uri.Host}:{port}: {reason}. Start it first, or use --journal postgres for a "
                + "server of the experiment's own");
        }
    }

    public Task<string> BreakAsync() => throw new ExperimentException(
        "a database that was given is not killed: use --journal postgres for a server of the experiment's own");

    public Task RepairAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
