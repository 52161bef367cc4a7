import{f as e,g as m}from"./chunk-36ZUEG27.js";e(m("p",{children:"."}),document.getElementById("page"));
