using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Journal;
using Cluster.Actors.Journal.Outage;
using Cluster.Actors.Journal.PostgreSql;
using Cluster.Actors.Journal.Read;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Sqlite;
using Cluster.Actors.Journal.Write;

namespace Cluster.Actors.Journal;

/// <summary>
/// The package's SQL journal with two paths replaced: writes of many actors are committed together by one writer, and
/// actors that recover together are read together. Tables, their creation and deletion stay the package's, and the
/// plain package can use the same tables. For SQLite files and PostgreSQL; see <see cref="GroupCommitJournalConfig"/>.
/// </summary>
/// <remarks>
/// A write fails with <see cref="JournalConflictException"/> if its actor is stale, otherwise with
/// <see cref="JournalUnavailableException"/>. The database may go away and come back at any time, the start included:
/// requests fail meanwhile (at the start they wait), and the journal resumes by itself. The <c>replay-filter</c> is not
/// applied: the unique key (persistence id, sequence number) leaves it nothing to filter.
/// </remarks>
public sealed class GroupCommitJournal : SqlWriteJournal
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private readonly GroupCommitSettings _settings;
    private readonly RowEncoder _encoder;
    private readonly RowDecoder _decoder;
    private readonly ConcurrentDictionary<string, Task> _inFlight = new();
    private GroupCommitWriter? _writer;
    private RecoveryReader? _reader;

    /// <param name="journalConfig">The plugin's section of the configuration.</param>
    /// <exception cref="ConfigurationException">A provider, table layout or bound that cannot be served.</exception>
    public GroupCommitJournal(Config journalConfig)
        : base(journalConfig)
    {
        _settings = GroupCommitSettings.From(journalConfig.WithFallback(SqlPersistence.DefaultJournalConfiguration));
        _encoder = new RowEncoder((ExtendedActorSystem)Context.System, _settings.DefaultSerializer);
        _decoder = new RowDecoder(Context.System);
    }

    public override Task<PersistenceHealthCheckResult> CheckHealthAsync(
        CancellationToken cancellationToken = default) =>
        _writer?.LastFailure is { } failure
            ? Task.FromResult(new PersistenceHealthCheckResult(
                PersistenceHealthStatus.Unhealthy, $"The last write failed: {failure.Message}", failure))
            : base.CheckHealthAsync(cancellationToken);

    protected override void PreStart()
    {
        var outage = new JournalOutage(Context.System.EventStream.Publish);
        _writer = new GroupCommitWriter(
            _settings,
            () => _settings.IsSqlite ? new SqliteWriteConnection(_settings) : new PostgreSqlWriteConnection(_settings),
            _inFlight,
            outage.WriterFailed,
            outage.WriterWorks);
        _reader = new RecoveryReader(
            _settings,
            () => _settings.IsSqlite ? new SqliteReadConnection(_settings) : new PostgreSqlReadConnection(_settings),
            outage.ReaderFailed,
            outage.ReaderWorks);
        // Below the package's own behaviour, which stashes all requests until the tables are there and then uncovers
        // this one. If the tables cannot be made, the package restarts this actor until they can, and keeps the stash.
        BecomeStacked(Serve);
        base.PreStart();
    }

    protected override void PostStop()
    {
        _writer?.Stop(StopPatience);
        _reader?.Stop(StopPatience);
        base.PostStop();
    }

    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(
        IEnumerable<AtomicWrite> messages,
        CancellationToken cancellationToken)
    {
        var writes = messages.ToList();
        if (writes.Exists(HasTags)) return WriteByPackage(writes, cancellationToken);
        var request = _encoder.Encode(writes, cancellationToken, out var rejections);
        if (request is null) return Task.FromResult(rejections!);
        _inFlight[request.PersistenceId] = request.Task;
        _writer!.Add(request);
        return request.Task;
    }

    protected override Task DeleteMessagesToAsync(
        string persistenceId,
        long toSequenceNr,
        CancellationToken cancellationToken) =>
        // Off this actor: with SQLite the package's asynchronous calls block, and everyone's writes come through here.
        Task.Run(() => base.DeleteMessagesToAsync(persistenceId, toSequenceNr, cancellationToken), cancellationToken);

    private static bool HasTags(AtomicWrite write) =>
        ((IImmutableList<IPersistentRepresentation>)write.Payload).Any(item => item.Payload is Tagged);

    private bool Serve(object message) => message switch
    {
        ReplayMessages replay => Replay(replay),
        WriteMessages write when DirectWrite.IsPossible(write) => Write(write),
        _ => Receive(message),
    };

    /// <summary>
    /// The package's way would lead through a circuit breaker, which is never to open here, and through an actor that
    /// puts the answers to all writers in one order. An actor has one write under way, so its answers are in order.
    /// </summary>
    private bool Write(WriteMessages message)
    {
        var write = new DirectWrite(message, Self);
        try
        {
            write.Begin(PreparePersistentBatch(message.Messages).ToList(), WriteMessagesAsync);
        }
        catch (Exception e)
        {
            write.Reject(e);
        }

        return true;
    }

    private bool Replay(ReplayMessages replay)
    {
        var reader = _reader!;
        var request = new RecoveryRequest(replay, _decoder, AdaptFromJournal);
        // A write under way may be the predecessor's: its outcome belongs to the history, whichever it is.
        if (_inFlight.TryGetValue(replay.PersistenceId, out var write))
            write.ContinueWith(_ => reader.Add(request), TaskContinuationOptions.ExecuteSynchronously);
        else reader.Add(request);
        return true;
    }

    /// <summary>Events with tags have rows in a second table, which the package knows how to write.</summary>
    private Task<IImmutableList<Exception>> WriteByPackage(List<AtomicWrite> writes, CancellationToken cancellation)
    {
        var write = base.WriteMessagesAsync(writes, cancellation);
        var entry = new KeyValuePair<string, Task>(writes[0].PersistenceId, write);
        _inFlight[entry.Key] = write;
        write.ContinueWith(_ => _inFlight.TryRemove(entry), TaskContinuationOptions.ExecuteSynchronously);
        return write;
    }
}
