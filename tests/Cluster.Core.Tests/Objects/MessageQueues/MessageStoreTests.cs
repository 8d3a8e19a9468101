using Cluster.Core.Objects.MessageQueues;
using Cluster.Protocol;
using CsCheck;
using Google.Protobuf;

namespace Cluster.Core.Tests.Objects.MessageQueues;

/// <summary>
/// The store chooses the message that a search through a list chooses, also with returned and held messages.
/// </summary>
public sealed class MessageStoreTests
{
    private static readonly long[] Types = [1, 2, 3, long.MaxValue];
    private static readonly long[] Selectors = [0, 1, 2, 3, long.MaxValue, -1, -2, -3, -long.MaxValue, long.MinValue];

    private static readonly Gen<(int What, int Which)[]> Operations =
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 1_000]).Array[0, 100];

    private readonly MessageStore _store = new();

    [Fact]
    public void The_store_chooses_the_message_that_a_list_chooses() => Operations.Sample(Agree, iter: 2_000);

    [Fact]
    public void The_store_removes_only_messages_that_it_has()
    {
        Assert.Throws<InvalidOperationException>(() => _store.Remove(1));
        Assert.Null(_store.Find(1));
        Assert.Null(_store.At(0));
        Assert.Null(_store.At(long.MaxValue));
        Assert.Null(_store.At(-1));
    }

    [Fact]
    public void A_cleared_store_has_no_message()
    {
        _store.Add(Message(1, 5, 3));
        _store.Clear();
        Assert.Equal((0, 0L), (_store.Count, _store.Bytes));
        Assert.Empty(_store.All);
        Assert.Null(_store.Choose(0, 0));
        _store.Add(Message(1, 5, 3));
        Assert.Equal(1ul, _store.Choose(-5, 0)!.Serial);
    }

    // 0 to 2 add at the end, 3 takes a message, 4 puts a taken message back, 5 holds a message, 6 ends the hold.
    private static bool Agree((int What, int Which)[] operations)
    {
        var store = new MessageStore();
        List<QueuedMessage> list = [];
        List<QueuedMessage> taken = [];
        HashSet<QueuedMessage> held = [];
        ulong last = 0;
        foreach (var (what, which) in operations)
        {
            var from = what switch
            {
                4 => taken,
                5 => [.. list.Where(message => !held.Contains(message))],
                6 => [.. held.OrderBy(message => message.Serial)],
                _ => list,
            };
            if (what < 3)
                Put(store, list, Message(++last, Types[which % Types.Length], which % 5));
            else if (from.Count > 0)
                Change(store, what, from[which % from.Count], list, taken, held);
            if (!Same(store, list, held)) return false;
        }

        return true;
    }

    private static void Change(
        MessageStore store, int what, QueuedMessage message, List<QueuedMessage> list, List<QueuedMessage> taken,
        HashSet<QueuedMessage> held)
    {
        switch (what)
        {
            case 3:
                store.Remove(message.Serial);
                list.Remove(message);
                held.Remove(message);
                taken.Add(message);
                break;
            case 4:
                taken.Remove(message);
                Put(store, list, message);
                break;
            case 5:
                store.Hold(message, new Receiver(new ReceiverParked { Call = new MsgRcv() }, message.Serial));
                held.Add(message);
                break;
            default:
                store.Unhold(message);
                held.Remove(message);
                break;
        }
    }

    private static void Put(MessageStore store, List<QueuedMessage> list, QueuedMessage message)
    {
        store.Add(message);
        list.Add(message);
        list.Sort((one, other) => one.Serial.CompareTo(other.Serial));
    }

    private static bool Same(MessageStore store, List<QueuedMessage> list, HashSet<QueuedMessage> held)
    {
        var free = list.Where(message => !held.Contains(message)).ToList();
        var kept = list.Where(held.Contains).ToList();
        foreach (var type in Selectors)
        {
            if (store.Choose(type, 0) != Choose(free, type, except: false)) return false;
            if (store.Choose(type, IpcFlags.MSG_EXCEPT) != Choose(free, type, except: true)) return false;
            if (store.ChooseHeld(type, 0) != Choose(kept, type, except: false)) return false;
            if (store.ChooseHeld(type, IpcFlags.MSG_EXCEPT) != Choose(kept, type, except: true)) return false;
        }

        for (var at = -1; at <= list.Count; at++)
        {
            if (store.At(at) != list.ElementAtOrDefault(at)) return false;
        }

        return store.Count == list.Count && store.Bytes == list.Sum(message => message.Text.Length)
            && store.All.SequenceEqual(list) && list.All(message => store.Find(message.Serial) == message);
    }

    private static QueuedMessage? Choose(List<QueuedMessage> free, long type, bool except)
    {
        if (type == 0) return free.FirstOrDefault();
        if (type > 0) return free.Find(message => message.Type == type != except);
        return free.Where(message => type == long.MinValue || message.Type <= -type).MinBy(message => message.Type);
    }

    private static QueuedMessage Message(ulong serial, long type, int length) =>
        new(serial, type, ByteString.CopyFrom(new byte[length]));
}
