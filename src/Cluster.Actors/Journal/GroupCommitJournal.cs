using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Journal;
using Cluster.Actors.Journal.Log;
using Cluster.Actors.Journal.Outage;
using Cluster.Actors.Journal.PostgreSql;
using Cluster.Actors.Journal.Read;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Sqlite;
using Cluster.Actors.Journal.Write;

namespace Cluster.Actors.Journal;

/// <summary>
/// The package's SQL journal with two paths replaced: one writer commits the writes of many actors together, and
/// readers read the histories of many recovering actors together. The package still creates the tables and deletes
/// events, and the plain package can use the same tables. For SQLite files and PostgreSQL; see <see
/// cref="GroupCommitJournalConfig"/>.
/// </summary>
/// <remarks>
/// A write fails with <see cref="JournalConflictException"/> if its actor is stale, otherwise with <see
/// cref="JournalUnavailableException"/>. The database may fail and return at any time. Requests fail meanwhile (at the
/// start they wait), and the journal resumes by itself. The <c>replay-filter</c> is off: the unique key (persistence
/// id, sequence number) admits no second writer whose events it could filter.
/// </remarks>
public sealed class GroupCommitJournal : SqlWriteJournal
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private const int DamagesToKnow = 1_000;

    // One for the OS process: no reader tells actors apart by it.
    private static readonly string Writer = Guid.NewGuid().ToString();

    private readonly EventStream _eventStream = Context.System.EventStream;
    private readonly ConcurrentDictionary<string, byte> _damages = new();
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
        var index = new LogIndex(_settings.Groups.Of);
        var log = new LogWriter(index, new LogSettings(_settings.Node, _settings.LogBytes) { TrimAfter = _settings.TrimAfter }, TimeProvider.System);
        var writer = new GroupCommitWriter(
            _settings,
            () => new LogWriteConnection(
                log, _settings.IsSqlite ? new SqliteLog(_settings, !log.IsOpen) : new PostgreSqlLog(_settings)),
            _inFlight,
            outage.WriterFailed,
            outage.WriterWorks);
        var claims = new LogClaims(index, writer.Add);
        _writer = writer;
        _reader = new RecoveryReader(
            _settings,
            () =>
            {
                claims.Open();
                return new LogReadConnection(
                    index,
                    _settings.IsSqlite ? new SqliteLogReader(_settings) : new PostgreSqlLogReader(_settings),
                    _settings.Groups,
                    () => log.Salt,
                    claims,
                    OnDamage);
            },
            outage.ReaderFailed,
            outage.ReaderWorks);
        // The package puts its own behaviour on top of this one, stashes all requests until the tables exist, and then
        // returns to this one. If it cannot create the tables, it restarts this actor until it can, and keeps the
        // stash.
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
        var request = _encoder.Encode(
            writes, cancellationToken, _settings.Groups.Of(writes[0].PersistenceId), out var rejections);
        if (request is null) return Task.FromResult(rejections!);
        _inFlight[request.PersistenceId] = request.Task;
        _writer!.Add(request);
        return request.Task;
    }

    protected override Task DeleteMessagesToAsync(
        string persistenceId,
        long toSequenceNr,
        CancellationToken cancellationToken)
    {
        var group = _settings.Groups.Of(persistenceId);
        return group is not null ? EndAsync(persistenceId, group, toSequenceNr, cancellationToken)
            : DeleteFromTableAsync(persistenceId, toSequenceNr, cancellationToken);
    }

    private async Task EndAsync(string persistenceId, string group, long toSequenceNr, CancellationToken cancellationToken)
    {
        var end = WriteRequest.OfEnd(persistenceId, group, toSequenceNr);
        _inFlight[persistenceId] = end.Task;
        _writer!.Add(end);
        await end.Task;
        if (group == persistenceId) await DeleteFromTableAsync(persistenceId, toSequenceNr, cancellationToken);
    }

    // On another thread: with SQLite the package's asynchronous calls block, and all writes pass through this actor.
    private Task DeleteFromTableAsync(string persistenceId, long toSequenceNr, CancellationToken cancellationToken) =>
        Task.Run(() => base.DeleteMessagesToAsync(persistenceId, toSequenceNr, cancellationToken), cancellationToken);

    // Each damage once: an actor that cannot be read is started again by each message for it.
    private void OnDamage(string reason)
    {
        if (_damages.Count < DamagesToKnow && _damages.TryAdd(reason, 0))
            _eventStream.Publish(new JournalDamage(reason));
    }

    private static bool HasTags(AtomicWrite write) =>
        ((IImmutableList<IPersistentRepresentation>)write.Payload).Any(item => item.Payload is Tagged);

    private bool Serve(object message) => message switch
    {
        RecordWrite write => Write(write),
        ReplayMessages replay => Replay(replay),
        WriteMessages write when DirectWrite.IsPossible(write) => Write(write),
        _ => Receive(message),
    };

    /// <summary>
    /// Bypasses two steps of Akka: a circuit breaker, which must never open here, and an actor that orders the answers
    /// to all writers. Each actor has only one write under way, so its answers are in order without it.
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

    private bool Write(RecordWrite write)
    {
        var request = WriteRequest.Of(
            write, _settings.Groups.Of(write.PersistenceId), TimeProvider.System.GetUtcNow().Ticks, Writer);
        _inFlight[request.PersistenceId] = request.Task;
        _writer!.Add(request);
        return true;
    }

    private bool Replay(ReplayMessages replay)
    {
        var reader = _reader!;
        var request = new RecoveryRequest(replay, _decoder, AdaptFromJournal);
        // A predecessor of the actor may have a write under way. Read the history only after that write has ended.
        if (_inFlight.TryGetValue(replay.PersistenceId, out var write))
            write.ContinueWith(_ => reader.Add(request), TaskContinuationOptions.ExecuteSynchronously);
        else reader.Add(request);
        return true;
    }

    /// <summary>Events with tags also need rows in a second table, which only the package writes.</summary>
    private Task<IImmutableList<Exception>> WriteByPackage(List<AtomicWrite> writes, CancellationToken cancellation)
    {
        var write = base.WriteMessagesAsync(writes, cancellation);
        var entry = new KeyValuePair<string, Task>(writes[0].PersistenceId, write);
        _inFlight[entry.Key] = write;
        write.ContinueWith(_ => _inFlight.TryRemove(entry), TaskContinuationOptions.ExecuteSynchronously);
        return write;
    }
}
