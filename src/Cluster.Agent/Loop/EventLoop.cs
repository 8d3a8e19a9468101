using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Cluster.Agent.Native;

namespace Cluster.Agent.Loop;

/// <summary>What the loop does when a descriptor is readable or at its end.</summary>
internal interface IReadable
{
    void OnReadable();
}

/// <summary>
/// One thread that waits for descriptors: epoll(7). All that it calls returns at once, so one slow program delays no
/// other. .NET's own sockets cannot carry descriptors or credentials, and a thread for each program would not do for
/// thousands of threads that wait.
/// </summary>
internal sealed unsafe class EventLoop : IDisposable
{
    private const int EventsAtOnce = 256;

    private readonly int _epoll;
    private readonly int _wake;
    private readonly Dictionary<int, IReadable> _sources = [];
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly Thread _thread;
    private readonly int _eventBytes;
    private readonly int _dataOffset;
    private volatile bool _isEnding;

    public EventLoop()
    {
        // struct epoll_event is packed on x86-64 alone.
        var isPacked = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        (_eventBytes, _dataOffset) = isPacked ? (12, 4) : (16, 8);
        _epoll = Libc.EpollCreate(Libc.EPOLL_CLOEXEC);
        _wake = Libc.EventDescriptor(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        if (_epoll < 0 || _wake < 0 || !Control(Libc.EPOLL_CTL_ADD, _wake))
            throw new IOException("epoll: " + Marshal.GetLastPInvokeErrorMessage());
        _thread = new Thread(Run) { IsBackground = true, Name = "agent loop" };
    }

    public void Start() => _thread.Start();

    /// <summary>Watches a descriptor. On the loop, or before its start.</summary>
    public bool Add(int descriptor, IReadable source)
    {
        _sources[descriptor] = source;
        if (Control(Libc.EPOLL_CTL_ADD, descriptor))
            return true;
        _sources.Remove(descriptor);
        return false;
    }

    /// <summary>Ends the watch, before the descriptor is closed. On the loop.</summary>
    public void Remove(int descriptor)
    {
        if (_sources.Remove(descriptor))
            Control(Libc.EPOLL_CTL_DEL, descriptor);
    }

    /// <summary>Runs an action on the loop soon.</summary>
    public void Post(Action action)
    {
        _posted.Enqueue(action);
        Wake();
    }

    public void Dispose()
    {
        _isEnding = true;
        Wake();
        if (Thread.CurrentThread != _thread && _thread.IsAlive)
            _thread.Join();
        _ = Libc.Close(_epoll);
        _ = Libc.Close(_wake);
    }

    private void Wake()
    {
        ulong one = 1;
        _ = Libc.Write(_wake, &one, sizeof(ulong));
    }

    private void Run()
    {
        var events = stackalloc byte[EventsAtOnce * _eventBytes];
        while (!_isEnding)
        {
            var count = Libc.EpollWait(_epoll, events, EventsAtOnce, -1);
            for (var i = 0; i < count; i++)
            {
                var data = new ReadOnlySpan<byte>(events + i * _eventBytes + _dataOffset, sizeof(int));
                Handle(BinaryPrimitives.ReadInt32LittleEndian(data));
            }
        }
    }

    private void Handle(int descriptor)
    {
        if (descriptor == _wake)
            RunPosted();
        else if (_sources.TryGetValue(descriptor, out var source)) // else an event before it in this batch closed it
            source.OnReadable();
    }

    private void RunPosted()
    {
        ulong count;
        _ = Libc.Read(_wake, &count, sizeof(ulong));
        while (_posted.TryDequeue(out var action))
            action();
    }

    private bool Control(int operation, int descriptor)
    {
        Span<byte> @event = stackalloc byte[_eventBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(@event, Libc.EPOLLIN);
        BinaryPrimitives.WriteInt32LittleEndian(@event[_dataOffset..], descriptor);
        fixed (byte* at = @event)
            return Libc.EpollControl(_epoll, operation, descriptor, at) == 0;
    }
}
