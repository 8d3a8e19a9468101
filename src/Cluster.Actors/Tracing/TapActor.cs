using System.Security.Cryptography;
using Akka.Actor;
using Cluster.Protocol;

namespace Cluster.Actors.Tracing;

/// <summary>
/// Hands the events in the taps of this node to the tracers, which may be on any node. Each read gets one batch, and
/// the next batch follows when the last was taken, so a slow tracer fills only its own buffers.
/// </summary>
public sealed class TapActor(Taps taps) : UntypedActor
{
    /// <summary>The name of the actor on every node, below the user guardian.</summary>
    public const string Name = "taps";

    /// <summary>Events in one batch.</summary>
    public const int BatchEvents = 256;

    private readonly Dictionary<IActorRef, Reader> _readers = [];
    private readonly Dictionary<Tap, IActorRef> _tracers = [];

    /// <summary>How to make the actor.</summary>
    public static Props Props(Taps taps) => Akka.Actor.Props.Create(() => new TapActor(taps));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case TraceRead read:
                OnRead(read);
                break;
            case Tap tap:
                if (_tracers.TryGetValue(tap, out var tracer)) SendNext(tracer, _readers[tracer]);
                break;
            case Terminated terminated:
                Remove(terminated.ActorRef);
                break;
        }
    }

    protected override void PostStop()
    {
        foreach (var reader in _readers.Values) taps.Remove(reader.Tap);
    }

    private void OnRead(TraceRead read)
    {
        if (!_readers.TryGetValue(Sender, out var reader))
        {
            reader = Add(read.Of, Sender);
        }
        else if (reader.UnderWay is { } batch && read.Life == reader.Life && read.Ack >= batch.Number)
        {
            reader.UnderWay = null;
        }

        if (reader.UnderWay is not null) Sender.Tell(reader.UnderWay);
        else SendNext(Sender, reader);
    }

    private Reader Add(EntityKey key, IActorRef tracer)
    {
        var self = Self;
        var tap = new Tap(key, filled => self.Tell(filled, ActorRefs.NoSender));
        var life = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;
        var reader = new Reader(tap, life) { UnderWay = new TraceBatch { Life = life, Number = 1 }, Number = 1 };
        _readers.Add(tracer, reader);
        _tracers.Add(tap, tracer);
        Context.Watch(tracer);
        taps.Add(tap);
        return reader;
    }

    private void Remove(IActorRef tracer)
    {
        if (!_readers.Remove(tracer, out var reader)) return;
        _tracers.Remove(reader.Tap);
        taps.Remove(reader.Tap);
    }

    private static void SendNext(IActorRef tracer, Reader reader)
    {
        if (reader.UnderWay is not null) return;
        var events = reader.Tap.Take(BatchEvents);
        if (events.Count == 0) return;
        reader.UnderWay = new TraceBatch { Life = reader.Life, Number = ++reader.Number };
        reader.UnderWay.Events.AddRange(events);
        tracer.Tell(reader.UnderWay);
    }

    private sealed class Reader(Tap tap, ulong life)
    {
        public Tap Tap { get; } = tap;

        public ulong Life { get; } = life;

        public ulong Number { get; set; }

        /// <summary>The batch that has not been acknowledged yet.</summary>
        public TraceBatch? UnderWay { get; set; }
    }
}
