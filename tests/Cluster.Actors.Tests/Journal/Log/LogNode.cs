using System.Text;
using Akka.Actor;
using Akka.Persistence;
using Cluster.Actors.Journal.Log;
using Cluster.Actors.Journal.Read;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Write;

namespace Cluster.Actors.Tests.Journal.Log;

/// <summary>A node's log without threads: its writer and a reader, over connections that may break.</summary>
internal sealed class LogNode : IDisposable
{
    /// <summary>The part of an id before the dash is its group.</summary>
    public static readonly IFenceGroups Groups = new Prefixes();

    private readonly LogIndex _index = new(Groups.Of);
    private readonly LogWriter _writer;
    private readonly LogClaims _claims;
    private readonly Func<ILogDatabase> _connect;
    private readonly Func<ILogReader> _read;
    private LogWriteConnection? _connection;

    public LogNode(string name, Func<ILogDatabase> connect, Func<ILogReader> read, long logBytes = 2_000)
    {
        (_connect, _read) = (connect, read);
        _writer = new LogWriter(_index, new LogSettings(name, logBytes, logBytes / 10), TimeProvider.System);
        _claims = new LogClaims(_index, request =>
        {
            Write([request]);
            request.Complete();
        });
    }

    /// <summary>Stores requests, as the writer's thread does. What failed has a reason.</summary>
    public void Write(List<WriteRequest> batch)
    {
        try
        {
            (_connection ??= new LogWriteConnection(_writer, _connect())).Write(batch);
        }
        catch (Exception exception) when (exception is IOException or JournalDamagedException)
        {
            Break();
            foreach (var request in batch)
                request.Failure ??= new JournalUnavailableException(exception.Message, exception);
        }
    }

    /// <summary>A step of what can wait. Returns whether there is more.</summary>
    public bool Idle()
    {
        try
        {
            return (_connection ??= new LogWriteConnection(_writer, _connect())).Idle();
        }
        catch (IOException)
        {
            Break();
            return true;
        }
    }

    /// <summary>What a new actor of this node reads.</summary>
    /// <exception cref="JournalUnavailableException">It cannot be read now.</exception>
    public (long Last, List<(string Text, bool IsSnapshot)> Records) Recover(string id)
    {
        var actor = new Actor();
        _claims.Open();
        using var reader = new LogReadConnection(_index, _read(), Groups, () => _writer.Salt, _claims);
        var request = new RecoveryRequest(
            new ReplayMessages(1, long.MaxValue, long.MaxValue, id, actor), null!, item => [item]);
        reader.Read([request]);
        if (actor.Failure is { } failure) throw failure;
        return (actor.Last, actor.Records);
    }

    /// <summary>A write of records, or of the pieces of a snapshot.</summary>
    public static WriteRequest Request(string id, long first, bool isSnapshot, params string[] texts)
    {
        var manifest = isSnapshot ? JournalRecordSerializer.SnapshotManifest : JournalRecordSerializer.RecordManifest;
        var rows = texts.Select((text, i) => new JournalRow(
            first + i, 0, Encoding.UTF8.GetBytes(text), JournalRecordSerializer.SerializerId, manifest, "")).ToArray();
        return new WriteRequest(id, rows, isSnapshot ? first : 0, null, CancellationToken.None, Groups.Of(id));
    }

    public void Dispose() => Break();

    private void Break()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private sealed class Prefixes : IFenceGroups
    {
        public string Of(string persistenceId) => persistenceId.Split('-')[0] + "-";
    }

    private sealed class Actor : MinimalActorRef
    {
        public long Last { get; private set; }

        public List<(string Text, bool IsSnapshot)> Records { get; } = [];

        public Exception? Failure { get; private set; }

        public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems) / "actor";

        public override IActorRefProvider Provider => throw new NotSupportedException();

        protected override void TellInternal(object message, IActorRef sender)
        {
            switch (message)
            {
                case ReplayedMessage { Persistent.Payload: JournalRecord record }:
                    Records.Add((Encoding.UTF8.GetString(record.Payload.Span), record.IsSnapshot));
                    break;
                case RecoverySuccess success:
                    Last = success.HighestSequenceNr;
                    break;
                case ReplayMessagesFailure failure:
                    Failure = failure.Cause;
                    break;
            }
        }
    }
}
