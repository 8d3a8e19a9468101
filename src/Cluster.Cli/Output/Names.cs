using System.Globalization;
using System.Runtime.InteropServices;

namespace Cluster.Cli.Output;

/// <summary>Names of users and groups: getpwuid(3), getgrgid(3). Without a name, the number is shown.</summary>
internal static partial class Names
{
    private static readonly Dictionary<uint, string> Users = [];
    private static readonly Dictionary<uint, string> Groups = [];
    private static readonly Lock Lock = new();

    public static string User(uint uid) => Of(Users, uid, GetUser);

    public static string Group(uint gid) => Of(Groups, gid, GetGroup);

    // Both calls return a pointer to static memory, which the next call overwrites. So one lock is around both.
    private static string Of(Dictionary<uint, string> known, uint number, Func<uint, nint> ask)
    {
        lock (Lock)
        {
            if (known.TryGetValue(number, out var name)) return name;
            // The name is the first member of struct passwd, and of struct group.
            var entry = ask(number);
            var text = entry == 0 ? null : Marshal.PtrToStringUTF8(Marshal.ReadIntPtr(entry));
            return known[number] = text ?? number.ToString(CultureInfo.InvariantCulture);
        }
    }

    [LibraryImport("libc", EntryPoint = "getpwuid")]
    private static partial nint GetUser(uint uid);

    [LibraryImport("libc", EntryPoint = "getgrgid")]
    private static partial nint GetGroup(uint gid);
}
