using System.Net.Sockets;
using Cluster.Node.Settings;
using Npgsql;

namespace Cluster.Node.Startup;

/// <summary>
/// Waits for the journal's database before the node starts. A node cannot work without it, and an operator who starts
/// both does not know which one is ready first.
/// </summary>
internal sealed class JournalWait(NodeOptions options, TextWriter output, TimeProvider time)
{
    /// <summary>The longest wait for an answer of the server, in s.</summary>
    private const int AnswerTimeout = 5;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(30);

    private string _said = "";
    private long _saidAt;

    /// <summary>Completes when the database accepts connections; at once for a SQLite file.</summary>
    /// <exception cref="StartException">The database refuses the node for a lasting reason.</exception>
    public async Task RunAsync(CancellationToken cancelled)
    {
        if (JournalSettings.PostgreSql(options) is not { } connection) return;
        var where = JournalSettings.PlaceOf(connection);
        connection.Pooling = false;
        connection.Timeout = Math.Min(AnswerTimeout, connection.Timeout);
        while (await TryAsync(connection.ConnectionString, where, cancelled) is { } reason)
        {
            await SayAsync($"cluster-node: waiting for the journal at {where}: {reason}");
            await Task.Delay(RetryAfter, time, cancelled);
        }
    }

    /// <summary>Tries to connect. Returns why the database is not available yet; null: it is available.</summary>
    /// <exception cref="StartException">The database refuses the node for a lasting reason.</exception>
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
            return exception.MessageText; // it is starting, or has no free connection
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
