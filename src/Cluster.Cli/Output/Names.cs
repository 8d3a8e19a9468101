using System.Globalization;

namespace Cluster.Cli.Output;

/// <summary>Names of users and groups, from /etc/passwd and /etc/group; a number that has none is itself.</summary>
internal static class Names
{
    private static readonly Lazy<Dictionary<uint, string>> Users = new(() => Read("/etc/passwd"));
    private static readonly Lazy<Dictionary<uint, string>> Groups = new(() => Read("/etc/group"));

    public static string User(uint uid) => Of(Users.Value, uid);

    public static string Group(uint gid) => Of(Groups.Value, gid);

    private static string Of(Dictionary<uint, string> names, uint number) =>
        names.GetValueOrDefault(number) ?? number.ToString(CultureInfo.InvariantCulture);

    private static Dictionary<uint, string> Read(string path)
    {
        var names = new Dictionary<uint, string>();
        if (!File.Exists(path)) return names;
        foreach (var fields in File.ReadLines(path).Select(line => line.Split(':')))
        {
            if (fields.Length > 2 && uint.TryParse(fields[2], CultureInfo.InvariantCulture, out var number))
                names.TryAdd(number, fields[0]);
        }

        return names;
    }
}
