using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.Fifos;

/// <content>Which blocked caller is served.</content>
public sealed partial class Fifo
{
    /// <summary>Serves readers and writers as long as one of them can be served.</summary>
    private void Serve()
    {
        while (TryServeReader() || TryServeWriter())
        {
        }
    }

    private bool TryServeReader()
    {
        if (_readLine.FirstAtLeast(0) is not FifoReader reader) return false;
        if (_pipe.IsEmpty && _writers > 0) return false;
        if (Ledger.IsFull(reader.Pid)) FailRecorded(reader.Pid, reader.Seq, Errno.ENOBUFS);
        else Take(reader.Pid, reader.Seq, reader.Size);
        return true;
    }

    private bool TryServeWriter()
    {
        if (_writeLine.FirstAtLeast(0) is not FifoWriter writer) return false;
        if (_readers == 0)
        {
            End(writer, Errno.EPIPE);
            return true;
        }

        if (_pipe.IsFull) return false;
        Emit(new FifoFact { Advanced = new FifoAdvanced { Pid = writer.Pid, Seq = writer.Seq } });
        if (!writer.InTree) Release(writer.Pid, writer.Seq);
        return true;
    }

    private void End(FifoWriter writer, Errno errno)
    {
        var ended = new FifoWriteEnded { Pid = writer.Pid, Seq = writer.Seq, Errno = (int)errno };
        Emit(new FifoFact { WriteEnded = ended });
        Release(writer.Pid, writer.Seq);
    }

    // write(2): "if the call was interrupted by a signal handler after it has written some data, it returns the number
    // of bytes".
    protected override bool TryEnd(Waiter waiter, Errno errno)
    {
        if (waiter is not FifoWriter { Done: > 0 } writer) return false;
        End(writer, errno);
        Serve();
        return true;
    }

    protected override void OnCallerBack(Waiter waiter, Presence before)
    {
        if (before != Presence.PassedOver) return;
        if (waiter is FifoReader) _readLine.Add(waiter, 0);
        else if (waiter is FifoWriter) _writeLine.Add(waiter, 0);
        Serve();
    }

    protected override void OnPassedOver(Waiter waiter)
    {
        if (!waiter.InTree) return;
        LineOf(waiter).Remove(waiter);
        Serve();
    }

    protected override void AfterWaitersRemoved()
    {
        ServeAll();
        base.AfterWaitersRemoved();
    }

    protected override void OnSettled()
    {
        if (Phase == Life.Alive) ServeAll(); // an end may have been opened or closed
        base.OnSettled();
    }

    protected override void OnRecovered()
    {
        base.OnRecovered();
        ServeAll(); // no session is connected, so each caller has its turn again, in the order of the line
    }

    private void ServeAll()
    {
        ServeOpeners();
        Serve();
    }

    private TicketTree LineOf(Waiter waiter) => waiter is FifoReader ? _readLine : _writeLine;
}
