using System.Runtime.InteropServices;
using System.Text;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Conformance;

/// <summary>A message queue of the Linux kernel that runs the tests, if it has them and lets us.</summary>
public sealed class LinuxQueue : IDisposable
{
    // struct msqid_ds of 64-bit Linux: where its members are.
    private const int Cbytes = 72, Qnum = 80, Qbytes = 88, Lspid = 96, Lrpid = 100, StateBytes = 256;
    private const int IPC_RMID = 0, IPC_SET = 1, IPC_STAT = 2;

    private readonly int _id = msgget(IpcFlags.IPC_PRIVATE, 0x180);

    /// <summary>Whether there is one.</summary>
    public bool Exists => _id >= 0;

    /// <summary>Whether this machine is one whose kernel can be asked.</summary>
    public static bool MayExist =>
        OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    public string Send(long type, string text, int flags)
    {
        var buffer = new byte[8 + text.Length];
        BitConverter.TryWriteBytes(buffer, type);
        Encoding.ASCII.GetBytes(text, buffer.AsSpan(8));
        return msgsnd(_id, buffer, text.Length, flags) == 0 ? "ok" : Error();
    }

    public string Receive(long type, long size, int flags)
    {
        var buffer = new byte[8 + 1_024];
        var length = msgrcv(_id, buffer, (nint)size, (nint)type, flags);
        return length < 0
            ? Error()
            : $"type={BitConverter.ToInt64(buffer)} \"{Encoding.ASCII.GetString(buffer, 8, (int)length)}\"";
    }

    public string SetQbytes(long qbytes)
    {
        var state = Stat();
        BitConverter.TryWriteBytes(state.AsSpan(Qbytes), qbytes);
        return msgctl(_id, IPC_SET, state) == 0 ? "ok" : Error();
    }

    /// <summary>qnum, cbytes, qbytes, and whether somebody has sent and received.</summary>
    public string Counters()
    {
        var state = Stat();
        return $"qnum={BitConverter.ToInt64(state, Qnum)} cbytes={BitConverter.ToInt64(state, Cbytes)} "
            + $"qbytes={BitConverter.ToInt64(state, Qbytes)} sent={BitConverter.ToInt32(state, Lspid) != 0} "
            + $"received={BitConverter.ToInt32(state, Lrpid) != 0}";
    }

    public void Dispose()
    {
        if (Exists) msgctl(_id, IPC_RMID, new byte[StateBytes]);
    }

    private byte[] Stat()
    {
        var state = new byte[StateBytes];
        if (msgctl(_id, IPC_STAT, state) != 0) throw new InvalidOperationException(Error());
        return state;
    }

    private static string Error() => ((Errno)Marshal.GetLastPInvokeError()).ToString();

    [DllImport("libc", SetLastError = true)]
    private static extern int msgget(int key, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int msgsnd(int id, byte[] message, nint size, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern nint msgrcv(int id, byte[] message, nint size, nint type, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int msgctl(int id, int command, byte[] state);
}
