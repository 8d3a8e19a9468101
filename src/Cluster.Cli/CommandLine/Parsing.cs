using System.Globalization;

namespace Cluster.Cli.CommandLine;

/// <summary>Reads values in the notations that users write.</summary>
internal static class Parsing
{
    /// <summary>The highest uid or gid. The next number is (uid_t) -1, which means "no change": chown(2).</summary>
    public const uint HighestId = uint.MaxValue - 1;

    /// <summary>Bits of a mode: rwx for owner, group and others.</summary>
    private const int ModeBits = 0x1FF;

    private static readonly char[] SizeLetters = [.. "KMGTPEkmgtpe"];

    private static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    /// <summary>A duration: 500ms, 10s, 2m, 1h, or seconds without a unit.</summary>
    public static bool TryDuration(string text, out TimeSpan value)
    {
        var (number, unit) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (text[..^2], 0.001),
            _ when text.EndsWith('s') => (text[..^1], 1.0),
            _ when text.EndsWith('m') => (text[..^1], 60.0),
            _ when text.EndsWith('h') => (text[..^1], 3_600.0),
            _ => (text, 1.0),
        };
        value = default;
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
            || !(amount * unit <= Longest.TotalSeconds))
            return false;
        value = TimeSpan.FromSeconds(amount * unit);
        return true;
    }

    /// <summary>Permission bits in octal, 0 to 0777.</summary>
    public static bool TryMode(string text, out int mode)
    {
        mode = 0;
        if (text.Length is 0 or > 5 || text.Any(digit => digit is < '0' or > '7')) return false;
        mode = Convert.ToInt32(text, 8);
        return mode <= ModeBits;
    }

    /// <summary>Any octal number. ipcmk(1) uses its permission bits only: 1777 is 0777.</summary>
    public static bool TryWideMode(string text, out int mode)
    {
        var isOctal = TryUnsigned($"0{text}", out var bits) && text.All(char.IsAsciiDigit) && text.Length > 0;
        mode = (int)(bits & ModeBits);
        return isOctal;
    }

    /// <summary>A key: decimal, or hexadecimal with 0x; 32 bits, with or without a sign.</summary>
    public static bool TryKey(string text, out int key)
    {
        key = 0;
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            var isHex = uint.TryParse(
                text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits);
            key = (int)bits;
            return isHex;
        }

        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            || number is < int.MinValue or > uint.MaxValue)
            return false;
        key = (int)number;
        return true;
    }

    /// <summary>A number in the notation of C: decimal, hexadecimal with 0x, octal with 0.</summary>
    public static bool TryUnsigned(string text, out ulong number)
    {
        number = 0;
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ulong.TryParse(
                text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
        }

        if (text is not ['0', _, ..])
            return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
        foreach (var digit in text)
        {
            if (digit is < '0' or > '7' || number >> 61 != 0) return false;
            number = (number << 3) + (ulong)(digit - '0');
        }

        return true;
    }

    /// <summary>As <see cref="TryUnsigned"/>, with a sign and 63 bits.</summary>
    public static bool TrySigned(string text, out long number)
    {
        var isNegative = text.StartsWith('-');
        var isNumber = TryUnsigned(isNegative ? text[1..] : text, out var amount) && amount <= long.MaxValue;
        number = isNegative ? -(long)amount : (long)amount;
        return isNumber;
    }

    /// <summary>
    /// A size in the notation of util-linux: K, M, G, T, P, E (and KiB ...) are powers of 1024, KB ... of 1000. A
    /// fraction such as 1.5M is valid.
    /// </summary>
    public static bool TrySize(string text, out long size)
    {
        size = 0;
        var unit = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? -1 : text.IndexOfAny(SizeLetters);
        var (number, suffix) = unit < 0 ? (text, "") : (text[..unit], text[unit..].ToUpperInvariant());
        if (suffix.Length == 0) return TrySigned(number, out size) && size >= 0;
        if (suffix[1..] is not ("" or "IB" or "B")) return false;
        var factor = 1m;
        for (var i = "KMGTPE".IndexOf(suffix[0], StringComparison.Ordinal); i >= 0; i--)
            factor *= suffix[1..] == "B" ? 1_000 : 1_024;
        var isNumber = decimal.TryParse(
            number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount);
        if (!isNumber || amount > long.MaxValue / factor) return false;
        size = (long)(amount * factor);
        return true;
    }

    /// <summary>Numbers separated by commas.</summary>
    public static bool TryGroups(string text, out uint[] groups)
    {
        var parts = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        groups = new uint[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!uint.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out groups[i])
                || groups[i] > HighestId)
                return false;
        }

        return true;
    }

    /// <summary>An absolute path of a namespace, without a slash at its end.</summary>
    public static bool TryPath(string text, out string path)
    {
        path = text is "/" ? text : text.TrimEnd('/');
        return path is ['/', ..] && !path.Contains("//", StringComparison.Ordinal);
    }
}
