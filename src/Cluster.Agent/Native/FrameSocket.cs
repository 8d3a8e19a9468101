using System.Runtime.InteropServices;

namespace Cluster.Agent.Native;

/// <summary>What one read of a socket gave.</summary>
/// <param name="Length">Bytes of the frame; 0 or less: the other end is closed, or the read failed.</param>
/// <param name="IsCut">The frame was longer than the buffer, or had more than one descriptor beside it.</param>
/// <param name="IsNothingYet">There is no frame yet.</param>
/// <param name="Beside">The descriptor beside the frame, which the caller closes; null: none.</param>
internal readonly record struct Received(int Length, bool IsCut, bool IsNothingYet, Descriptor? Beside)
{
    public bool IsWhole => Length > 0 && !IsCut;
}

/// <summary>Frames of a SEQPACKET socket, with at most one descriptor beside each: unix(7). Nothing here blocks.</summary>
internal static unsafe class FrameSocket
{
    private const int ControlBytes = 20; // struct cmsghdr and one descriptor

    /// <summary>Reads one frame.</summary>
    public static Received Receive(int socket, byte[] buffer)
    {
        fixed (byte* at = buffer)
        {
            var part = new Libc.Part { Base = at, Length = (nuint)buffer.Length };
            Libc.DescriptorControl control = default;
            var message = new Libc.Message
            {
                Parts = &part, PartCount = 1, Control = &control,
                ControlLength = (nuint)sizeof(Libc.DescriptorControl),
            };
            var length = (int)Libc.ReceiveMessage(socket, &message, Libc.MSG_DONTWAIT | Libc.MSG_CMSG_CLOEXEC);
            if (length < 0)
                return new Received(length, false, Marshal.GetLastPInvokeError() is Libc.EAGAIN or Libc.EINTR, null);
            var hasDescriptor = message.ControlLength > 0 && control.Type == Libc.SCM_RIGHTS;
            var beside = hasDescriptor ? new Descriptor(control.Descriptor) : null;
            // A second descriptor may lie in the padding; it is not closed by anybody else.
            if (hasDescriptor && control.Length > ControlBytes)
                _ = Libc.Close(control.Padding);
            var isCut = (message.Flags & (Libc.MSG_TRUNC | Libc.MSG_CTRUNC)) != 0
                || (hasDescriptor && control.Length != ControlBytes);
            return new Received(length, isCut, false, beside);
        }
    }

    /// <summary>
    /// Sends one frame. A program that waits has room for it: false, if there is none, or the other end is closed.
    /// </summary>
    public static bool TrySend(int socket, ReadOnlySpan<byte> head, ReadOnlySpan<byte> payload, Descriptor? beside)
    {
        fixed (byte* headAt = head)
        fixed (byte* payloadAt = payload)
        {
            var parts = stackalloc Libc.Part[2];
            parts[0] = new Libc.Part { Base = headAt, Length = (nuint)head.Length };
            parts[1] = new Libc.Part { Base = payloadAt, Length = (nuint)payload.Length };
            var message = new Libc.Message { Parts = parts, PartCount = payload.Length > 0 ? 2u : 1u };
            Libc.DescriptorControl control;
            if (beside is not null)
            {
                control = new Libc.DescriptorControl
                {
                    Length = ControlBytes, Level = Libc.SOL_SOCKET, Type = Libc.SCM_RIGHTS, Descriptor = beside.Number,
                };
                message.Control = &control;
                message.ControlLength = (nuint)sizeof(Libc.DescriptorControl);
            }

            return Libc.SendMessage(socket, &message, Libc.MSG_NOSIGNAL | Libc.MSG_DONTWAIT) >= 0;
        }
    }
}
