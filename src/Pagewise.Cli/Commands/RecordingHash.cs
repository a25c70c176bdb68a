using System.Security.Cryptography;

namespace Pagewise.Cli.Commands;

/// <summary>By what a run file knows the recording it was made from.</summary>
internal static class RecordingHash
{
    /// <summary>The SHA-256 of a file's bytes, hexadecimal.</summary>
    public static string Of(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
