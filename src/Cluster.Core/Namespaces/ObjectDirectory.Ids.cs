using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Namespaces;

/// <content>The ids of new objects: ipc_idr_alloc of ipc/util.c.</content>
public sealed partial class ObjectDirectory
{
    /// <summary>
    /// How far above all indexes a chosen id may be. The indexes below it become free ones, which are kept one by one.
    /// </summary>
    private const int SkipBound = 1 << IndexBits;

    /// <summary>
    /// kernel.msg_next_id: "allows to specify desired id for next allocated IPC object". A failed creation leaves it.
    /// </summary>
    private void SetNextId(Stamp stamp, ulong seq, int id)
    {
        if (stamp.Credentials.Uid != 0)
        {
            FailRecorded(stamp.Pid, seq, Errno.EPERM);
        }
        else if (id < 0)
        {
            FailUnrecorded(stamp.Pid, seq, Errno.EINVAL);
        }
        else
        {
            Emit(new Event { NextIdChosen = new NextIdChosen { Pid = stamp.Pid, Seq = seq, Id = id } });
            Release(stamp.Pid, seq);
        }
    }

    /// <summary>
    /// The id for the next object if one is chosen: the sequence of the chosen id, and its index or the next free one
    /// above it. Null: none is chosen, or there is no such id.
    /// </summary>
    private (int Id, int Index, int Sequence)? ChosenId(bool extended)
    {
        if (_nextId is not { } chosen) return null;
        var bits = extended ? ExtendedIndexBits : IndexBits;
        var sequence = chosen >> bits;
        var from = chosen & ((1 << bits) - 1);
        var end = Math.Min(1 << bits, _nextFresh + SkipBound);
        for (var index = from; index < end; index++)
        {
            var id = (sequence << bits) + index;
            if (!_byIndex.ContainsKey(index) && IsFree(id)) return (id, index, _sequence);
        }

        return null;
    }

    private (int Id, int Index, int Sequence) NextId(bool extended)
    {
        var bits = extended ? ExtendedIndexBits : IndexBits;
        var mask = (1 << (31 - bits)) - 1;
        var index = FreeIndex(extended, bits);
        var sequence = (index <= _lastIndex ? _sequence + 1 : _sequence) & mask;
        while (true)
        {
            var id = (sequence << bits) + index;
            if (!_entries.ContainsKey(id) && IsFree(id)) return (id, index, sequence);
            sequence = (sequence + 1) & mask; // the number of bits has changed, or all sequences were used
        }
    }

    // Nothing is left of an earlier object with the id.
    private bool IsFree(int id) => !_forgetting.Contains(id) && !_releasing.ContainsKey(id);

    private int FreeIndex(bool extended, int bits)
    {
        if (!extended) return _freeIndexes.Count > 0 ? _freeIndexes.Min : _nextFresh;
        if (_nextFresh < 1 << bits) return _nextFresh;
        var later = _freeIndexes.GetViewBetween(_lastIndex + 1, int.MaxValue);
        return later.Count > 0 ? later.Min : _freeIndexes.Min;
    }
}
