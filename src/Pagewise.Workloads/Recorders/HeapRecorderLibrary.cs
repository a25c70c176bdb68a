using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;

namespace Pagewise.Workloads;

/// <summary>The preload library <c>native/heaprec.c</c>, compiled by this system's C compiler when it is first needed.</summary>
internal static class HeapRecorderLibrary
{
    private const string Source = "heaprec.c";

    /// <summary>The path of the compiled library. It is kept from run to run, under a name that changes with its source.</summary>
    /// <exception cref="RecorderException">There is no C compiler, or it refuses.</exception>
    public static string Build()
    {
        byte[] source = ReadSource();
        string name = $"heaprec-{Convert.ToHexStringLower(SHA256.HashData(source))[..16]}.so";
        string folder = CacheFolder();
        string library = Path.Combine(folder, name);
        if (File.Exists(library))
            return library;
        string compiler = FindCompiler();
        // Others may be building it at the same time, in this process too.
        string draft = Path.Combine(folder, $"{name}.{Guid.NewGuid():N}");
        string code = draft + ".c";
        try
        {
            File.WriteAllBytes(code, source);
            Compile(compiler, code, draft);
            File.Move(draft, library, overwrite: true);
        }
        finally
        {
            File.Delete(code);
            File.Delete(draft);
        }

        return library;
    }

    private static byte[] ReadSource()
    {
        using Stream resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(Source)
            ?? throw new InvalidOperationException($"{Source} is not embedded");
        using var bytes = new MemoryStream();
        resource.CopyTo(bytes);
        return bytes.ToArray();
    }

    // LD_PRELOAD is split at blanks and colons, and a program of another user must be able to read the library too.
    private static string CacheFolder()
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(cache) && Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home)
            cache = Path.Combine(home, ".cache");
        foreach (string? parent in (string?[])[cache, Path.GetTempPath()])
        {
            if (string.IsNullOrEmpty(parent) || !Path.IsPathRooted(parent) || parent.AsSpan().IndexOfAny(" :\t") >= 0)
                continue;
            string folder = Path.Combine(parent, "pagewise");
            try
            {
                _ = Directory.CreateDirectory(folder);
                return folder;
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // The next one then.
            }
        }

        throw new RecorderException("record --heap needs a folder for its library: neither ~/.cache nor the temporary folder can be used (no blanks or colons in its path)");
    }

    private static string FindCompiler()
    {
        foreach (string? name in (string?[])[Environment.GetEnvironmentVariable("CC"), "cc", "gcc", "clang"])
        {
            if (!string.IsNullOrEmpty(name) && RecorderTools.TryFind(name, out string? path))
                return path;
        }

        throw new RecorderException("record --heap needs a C compiler once, to build its library: install gcc or clang");
    }

    private static void Compile(string compiler, string code, string output)
    {
        string[] arguments =
        [
            "-O2", "-std=gnu11", "-fPIC", "-shared", "-fvisibility=hidden",
            .. System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64
                ? (string[])["-mgeneral-regs-only"] : [],
            "-o", output, code, "-ldl", "-pthread",
        ];
        using Process process = Process.Start(new ProcessStartInfo(compiler, arguments) { UseShellExecute = false, RedirectStandardError = true })
            ?? throw new RecorderException($"{compiler}: cannot be started");
        string messages = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            string first = Array.Find(messages.Split('\n'), line => line.Contains("error", StringComparison.Ordinal)) ?? messages.Split('\n')[0];
            throw new RecorderException($"{compiler} could not build the heap recorder: {first.Trim()}");
        }
    }
}
