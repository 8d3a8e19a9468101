using System.Net.Sockets;
using Cluster.Node.Settings;
using Npgsql;

namespace Cluster.Node.Startup;

/// <summary>
/// Waits for the journal's database before the node starts: a node without it is of no use, and whoever starts both
/// cannot know which is ready first.
/// </summary>
internal sealed class JournalWait(NodeOptions options, TextWriter output, TimeProvider time)
{
    /// <summary>How long the server may take to answer, in s.</summary>
    private const int AnswerTimeout = 5;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(30);

    private string _said = "";
    private long _saidAt;

    /// <summary>Completes when the database takes connections; at once for the embedded journal.</summary>
    /// <exception cref="StartException">It refuses in a way that does not pass by itself.</exception>
    public async Task RunAsync(CancellationToken cancelled)
    {
        if (JournalSettings.PostgreSql(options) is not { } connection) return;
        var where = $"{connection.Host}:{connection.Port}";
        connection.Pooling = false;
        connection.Timeout = Math.Min(AnswerTimeout, connection.Timeout);
        while (await TryAsync(connection.ConnectionString, where, cancelled) is { } reason)
        {
            await SayAsync($"cluster-node: waiting for the journal at {where}: {reason}");
            await Task.Delay(RetryAfter, time, cancelled);
        }
    }

    /// <summary>Why the database is not there (yet), in a few words; null: it is.</summary>
    /// <exception cref="StartException">It is there, and refuses.</exception>
    private static async Task<string?> TryAsync(string text, string where, CancellationToken cancelled)
    {
        try
        {
            await using var connection = new NpgsqlConnection(text);
            await connection.OpenAsync(cancelled);
            return null;
        }
        catch (PostgresException exception) when (exception.IsTransient)
        {
            return exception.MessageText; // it starts up, or has no connection to spare
        }
        catch (PostgresException exception)
        {
            throw new StartException($"the journal at {where} refuses: {exception.MessageText}. "
                + "Look at user, password and database of --journal");
        }
        catch (Exception exception) when (Innermost(exception) is SocketException or IOException or TimeoutException)
        {
            return Innermost(exception) is SocketException { SocketErrorCode: SocketError.ConnectionRefused }
                ? "connection refused"
                : FirstLine(Innermost(exception).Message);
        }
        catch (NpgsqlException exception)
        {
            throw new StartException($"the journal at {where} cannot be used: {FirstLine(exception.Message)}");
        }
    }

    private async Task SayAsync(string line)
    {
        if (line == _said && time.GetElapsedTime(_saidAt) < RepeatAfter) return;
        (_said, _saidAt) = (line, time.GetTimestamp());
        await output.WriteLineAsync(line);
        await output.FlushAsync(CancellationToken.None);
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd();

    private static Exception Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner) exception = inner;
        return exception;
    }
}
