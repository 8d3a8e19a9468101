using System.Text;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Microsoft.Data.Sqlite;

namespace Cluster.EndToEnd;

/// <summary>
/// The journal goes away while calls are under way: nothing acknowledged is lost, and service resumes.
/// </summary>
public sealed class JournalLossTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Calls_wait_while_the_journal_is_unavailable_and_then_continue()
    {
        await using var node = await NodeProcess.StartAsync();
        await using var ipc = await IpcClient.ConnectAsync(
            new IpcClientOptions { Addresses = [node.Address], Uid = 0, Gid = 0 });
        var queue = await ipc.MessageQueues.CreateAsync();
        await queue.SendAsync(1, "0"u8.ToArray());
        Task[] sends;
        using (var thief = new SqliteConnection($"Data Source={Path.Combine(node.Data, "journal.db")};Pooling=False"))
        {
            // Another writer holds the database for longer than the journal waits for it.
            thief.Open();
            using var command = thief.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE";
            command.ExecuteNonQuery();
            sends = [.. Enumerable.Range(1, 50).Select(i => SendAsync(queue, i))];
            using var patience = new CancellationTokenSource(Patience);
            while (!node.Output.Contains("journal's database failed", StringComparison.Ordinal))
            {
                patience.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }

            Assert.DoesNotContain(sends, send => send.IsCompleted);
            command.CommandText = "ROLLBACK";
            command.ExecuteNonQuery();
        }

        await Task.WhenAll(sends).WaitAsync(Patience);
        var received = new List<string>();
        while (await queue.TryReceiveAsync() is { } message) received.Add(Encoding.UTF8.GetString(message.Text.Span));
        Assert.Equal(Enumerable.Range(0, 51).Select(i => $"{i}"), received);
    }

    private static Task SendAsync(IMessageQueue queue, int number) =>
        queue.SendAsync(1, Encoding.UTF8.GetBytes($"{number}")).AsTask();
}
