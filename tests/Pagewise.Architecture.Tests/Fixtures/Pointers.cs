using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pagewise.Architecture.Tests.Fixtures;

/// <summary>Unsafe code of each kind.</summary>
internal sealed unsafe class Pointers
{
    public int* Field = null;

    public static int Local(int[] values)
    {
        fixed (int* first = values)
            return first[0];
    }

    public static ref byte Reinterpret(ref int value) => ref Unsafe.As<int, byte>(ref value);

    public static int* Signature() => null;

    [DllImport("libc", EntryPoint = "getpid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int GetPid();
}
