using System.Globalization;
using System.Text;
using Google.Protobuf;

namespace Cluster.Cli.Output;

/// <summary>The notation of strace(1) for strings, flags, arrays, structures and errors.</summary>
internal static class StraceText
{
    /// <summary>The number of bytes of a string, or of elements of an array, that are shown before the dots.</summary>
    public const int Shown = 32;

    private static readonly (int Bit, string Name)[] GetFlags =
        [(IpcFlags.IPC_CREAT, "IPC_CREAT"), (IpcFlags.IPC_EXCL, "IPC_EXCL")];

    /// <summary>A string in quotes, cut after 32 bytes.</summary>
    public static string Quote(ByteString text, long length)
    {
        var quoted = new StringBuilder("\"");
        var shown = text.Span[..Math.Min(text.Length, Shown)];
        for (var i = 0; i < shown.Length; i++)
        {
            // An octal escape before a digit needs all three digits.
            var next = i + 1 < shown.Length && shown[i + 1] is >= (byte)'0' and <= (byte)'9';
            quoted.Append(Escape(shown[i], next));
        }

        return quoted.Append('"').Append(length > shown.Length ? "..." : "").ToString();
    }

    /// <summary>An array in brackets, cut after 32 elements.</summary>
    public static string Array(IEnumerable<string> elements, long length)
    {
        var shown = string.Join(", ", elements.Take(Shown));
        return length > Shown ? $"[{shown}, ...]" : $"[{shown}]";
    }

    /// <summary>A name in quotes.</summary>
    public static string Quote(string name)
    {
        var bytes = ByteString.CopyFromUtf8(name);
        return Quote(bytes, bytes.Length);
    }

    /// <summary>Flags and mode of msgget(2) and its like.</summary>
    public static string OfGet(int flags) => Flags(flags & ~IpcFlags.ModeBits, GetFlags) is var names and not "0"
        ? $"{names}|{Octal(flags & IpcFlags.ModeBits)}"
        : Octal(flags & IpcFlags.ModeBits);

    /// <summary>A key: IPC_PRIVATE or hexadecimal.</summary>
    public static string Key(int key) => key == IpcFlags.IPC_PRIVATE ? "IPC_PRIVATE" : $"0x{key:x}";

    /// <summary>An octal mode with leading zeros.</summary>
    public static string Octal(long mode)
    {
        var digits = Convert.ToString(mode, 8);
        return digits.Length < 3 ? digits.PadLeft(3, '0') : "0" + digits;
    }

    /// <summary>struct ipc_perm.</summary>
    public static string Of(Permissions? perm) => perm is null
        ? "{}"
        : $"{{uid={perm.Uid}, gid={perm.Gid}, mode={Octal(perm.Mode)}, key={(uint)perm.Key}, "
            + $"cuid={perm.Cuid}, cgid={perm.Cgid}}}";

    /// <summary>The members of a structure of IPC_SET: {msg_perm={uid=1, gid=2, mode=0600}}.</summary>
    /// <param name="word">The prefix of the kind: msg.</param>
    /// <param name="uid">The new owner.</param>
    /// <param name="gid">The new group.</param>
    /// <param name="mode">The new permissions.</param>
    /// <param name="patch">The members that change; null: all of them.</param>
    /// <param name="rest">Further members, with a comma in front.</param>
    public static string Change(
        string word, uint uid, uint gid, uint mode, PermissionsPatch? patch = null, string rest = "")
    {
        patch ??= new PermissionsPatch { Uid = uid, Gid = gid, Mode = mode };
        var members = new List<string>();
        if (patch.HasUid) members.Add($"uid={patch.Uid}");
        if (patch.HasGid) members.Add($"gid={patch.Gid}");
        if (patch.HasMode) members.Add($"mode={Octal(patch.Mode)}");
        return $"{{{word}_perm={{{string.Join(", ", members)}}}{rest}}}";
    }

    /// <summary>Flags by their names, the rest in hexadecimal; 0 without flags.</summary>
    public static string Flags(int flags, params (int Bit, string Name)[] names)
    {
        var words = names.Where(each => (flags & each.Bit) != 0).Select(each => each.Name).ToList();
        var rest = names.Aggregate(flags, (left, each) => left & ~each.Bit);
        if (rest != 0) words.Add($"0x{rest:x}");
        return words.Count == 0 ? "0" : string.Join('|', words);
    }

    /// <summary>-1, the name of an error, and strerror(3).</summary>
    public static string Failure(int errno)
    {
        var name = Enum.IsDefined((Errno)errno) ? ((Errno)errno).ToString() : $"ERRNO_{errno}";
        return $"-1 {name} ({Describe((Errno)errno)})";
    }

    /// <summary>strerror(3) of glibc.</summary>
    public static string Describe(Errno errno) => errno switch
    {
        Errno.EPERM => "Operation not permitted",
        Errno.ENOENT => "No such file or directory",
        Errno.ESRCH => "No such process",
        Errno.EINTR => "Interrupted system call",
        Errno.EIO => "Input/output error",
        Errno.E2BIG => "Argument list too long",
        Errno.EBADF => "Bad file descriptor",
        Errno.ECHILD => "No child processes",
        Errno.EAGAIN => "Resource temporarily unavailable",
        Errno.ENOMEM => "Cannot allocate memory",
        Errno.EACCES => "Permission denied",
        Errno.EFAULT => "Bad address",
        Errno.EBUSY => "Device or resource busy",
        Errno.EEXIST => "File exists",
        Errno.EISDIR => "Is a directory",
        Errno.EINVAL => "Invalid argument",
        Errno.ENFILE => "Too many open files in system",
        Errno.EMFILE => "Too many open files",
        Errno.EDEADLK => "Resource deadlock avoided",
        Errno.EOWNERDEAD => "Owner died",
        Errno.ENOTRECOVERABLE => "State not recoverable",
        Errno.EFBIG => "File too large",
        Errno.ENOSPC => "No space left on device",
        Errno.ERANGE => "Numerical result out of range",
        Errno.ENAMETOOLONG => "File name too long",
        Errno.ENOSYS => "Function not implemented",
        Errno.ENOMSG => "No message of desired type",
        Errno.EIDRM => "Identifier removed",
        Errno.EPROTO => "Protocol error",
        Errno.ENXIO => "No such device or address",
        Errno.EPIPE => "Broken pipe",
        Errno.EOVERFLOW => "Value too large for defined data type",
        Errno.EMSGSIZE => "Message too long",
        Errno.EPROTOTYPE => "Protocol wrong type for socket",
        Errno.ESOCKTNOSUPPORT => "Socket type not supported",
        Errno.EOPNOTSUPP => "Operation not supported",
        Errno.EADDRINUSE => "Address already in use",
        Errno.ECONNABORTED => "Software caused connection abort",
        Errno.ECONNRESET => "Connection reset by peer",
        Errno.ENOBUFS => "No buffer space available",
        Errno.EISCONN => "Transport endpoint is already connected",
        Errno.ENOTCONN => "Transport endpoint is not connected",
        Errno.ETOOMANYREFS => "Too many references: cannot splice",
        Errno.ECONNREFUSED => "Connection refused",
        Errno.EALREADY => "Operation already in progress",
        Errno.ETIMEDOUT => "Connection timed out",
        _ => string.Create(CultureInfo.InvariantCulture, $"Unknown error {(int)errno}"),
    };

    private static string Escape(byte value, bool beforeDigit) => value switch
    {
        (byte)'"' => "\\\"",
        (byte)'\\' => "\\\\",
        (byte)'\n' => "\\n",
        (byte)'\r' => "\\r",
        (byte)'\t' => "\\t",
        (byte)'\v' => "\\v",
        (byte)'\f' => "\\f",
        >= 0x20 and < 0x7f => ((char)value).ToString(),
        _ when beforeDigit => "\\" + Convert.ToString(value, 8).PadLeft(3, '0'),
        _ => "\\" + Convert.ToString(value, 8),
    };
}
