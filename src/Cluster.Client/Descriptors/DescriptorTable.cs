using Cluster.Protocol;

namespace Cluster.Client.Descriptors;

/// <summary>The descriptors of a process: the lowest free number is given out first.</summary>
internal sealed class DescriptorTable
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<int, int> _free = new();
    private int _fresh;

    /// <summary>Takes a number. EMFILE: the process has as many descriptors as it may.</summary>
    /// <param name="call">The call that needs it, for the exception.</param>
    public int Take(string call)
    {
        lock (_gate)
        {
            if (_free.TryDequeue(out var number, out _))
                return number;
            return _fresh < Bounds.DescriptorsPerProcess ? _fresh++ : throw new IpcException(Errno.EMFILE, call);
        }
    }

    /// <summary>Gives a number back.</summary>
    public void Return(int number)
    {
        lock (_gate)
            _free.Enqueue(number, number);
    }
}
